import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { INodeParameters } from 'n8n-workflow';

import {
	contents,
	credential,
	run,
	SEND,
	SEND_ROUTE,
	START,
	startConversation,
	talkdesk,
} from './fixtures.mts';
import { bill, UPLOAD } from './sample-files.mts';

const items = [{ conversationId: 'c1', text: 'Hello' }];
/** The values of On Error that continue, each with the index of its error output. */
const CONTINUATIONS = [
	['continueErrorOutput', 1],
	['continueRegularOutput', 0],
] as const;

describe.each(CONTINUATIONS)('with On Error: %s', (onError, output) => {
	const runWith = async (parameters: INodeParameters, more: object = {}) =>
		await run(parameters, { items, node: { onError }, ...more });

	it.each([
		['an incomplete credential', () => Object.assign(credential, { clientSecret: '' })],
		['a rejected client', () => Object.assign(credential, { clientSecret: 'wrong' })],
		['an invalid token URL', () => Object.assign(credential, { tokenUrl: 'nowhere' })],
	])('%s is an error of each item, and no item is a success', async (_what, invalidate) => {
		invalidate();
		for (const parameters of [START, SEND]) {
			const { outputs, error } = await runWith(parameters);
			expect(error).toBeUndefined();
			expect(outputs[output]).toHaveLength(1);
			expect(outputs[output]?.[0]?.json).toMatchObject({
				error: expect.any(String),
				details: { kind: 'credential' },
			});
			if (output === 1) expect(outputs[0]).toEqual([]);
		}
	});

	it('a failure of the database while the credential is read is an error of each item', async () => {
		const { outputs } = await runWith(SEND, { credentialFails: new Error('SQLITE_BUSY') });
		expect(outputs[output]?.[0]?.json).toMatchObject({
			error: expect.stringContaining('SQLITE_BUSY'),
			details: { kind: 'credential' },
		});
		if (output === 1) expect(outputs[0]).toEqual([]);
	});

	it('an unknown operation is an error of each item', async () => {
		const { outputs } = await runWith({ ...SEND, operation: 'forget' });
		expect(outputs[output]?.[0]?.json.error).toContain(
			"The operation 'message: forget' is not supported",
		);
		if (output === 1) expect(outputs[0]).toEqual([]);
	});

	// jest fails a test in which a rejection stays unhandled; n8n's process would end.
	it('an unknown operation is an error of each item, even if the credential is unreadable', async () => {
		const { outputs } = await runWith(
			{ ...SEND, operation: 'forget' },
			{ credentialFails: new Error('SQLITE_BUSY') },
		);
		expect(outputs[output]?.[0]?.json.error).toContain(
			"The operation 'message: forget' is not supported",
		);
	});

	it('a failure without a message is not taken for a success', async () => {
		// Node.js throws an error with an empty message if it reaches a host at none of its addresses.
		const metadata = jest.spyOn(Container.get(BinaryDataService), 'getMetadata');
		metadata.mockRejectedValueOnce(new AggregateError([], ''));
		const { outputs } = await runWith(UPLOAD, { files: { data: bill } });
		metadata.mockRestore();
		expect(outputs[output]?.[0]?.json.error).toBeTruthy();
		if (output === 1) expect(outputs[0]).toEqual([]);
	});
});

type Clients = NonNullable<Parameters<typeof talkdesk.configure>[0]['clients']>;
type Scopes = Clients[number]['scopes'];
const CLIENTS: Clients = [
	{ id: 'local-client', secret: 'local-secret', scopes: ['digital-connect:write'] },
];
const OTHER = { id: 'other', secret: 'other-secret' };
const useOther = () =>
	Object.assign(credential, { clientId: OTHER.id, clientSecret: OTHER.secret });

describe('a credential that was edited', () => {
	it('is used at once: no request has the token of the old client', async () => {
		await startConversation('with the old client');
		talkdesk.configure({ clients: [...CLIENTS, { ...OTHER, scopes: ['digital-connect:write'] }] });
		useOther();
		await startConversation('with the new client');
		expect(talkdesk.conversations().map(({ startedBy }) => startedBy?.client)).toEqual([
			'local-client',
			'other',
		]);
	});
});

describe('a scope that is added in Talkdesk', () => {
	const withScopes = (scopes: Scopes) =>
		talkdesk.configure({ clients: [...CLIENTS, { ...OTHER, scopes }] });

	it('is effective for the next message: a 403 requests a new token once', async () => {
		const conversationId = await startConversation();
		withScopes(['attachments:read']);
		useOther();
		const send = async (executionId: string) =>
			await run(SEND, { items: [{ conversationId, text: executionId }], executionId });
		expect((await send('one')).error).toMatchObject({ httpCode: '403' });
		withScopes(['digital-connect:write']);
		// Within this time, one new token serves all rejected requests.
		await new Promise((resolve) => setTimeout(resolve, 2100));
		expect((await send('two')).error).toBeUndefined();
		expect(contents(conversationId)).toEqual(['two']);
	});

	it('is requested with few tokens, for any number of messages', async () => {
		withScopes(['attachments:read']);
		const conversationId = await startConversation();
		useOther();
		const before = talkdesk.counts().tokensIssued;
		await run(SEND, {
			items: Array.from({ length: 40 }, (_, index) => ({ conversationId, text: `${index}` })),
			node: { onError: 'continueRegularOutput' },
		});
		expect(talkdesk.counts().tokensIssued - before).toBeLessThanOrEqual(2);
		expect(talkdesk.counts().routes[SEND_ROUTE]).toBeGreaterThanOrEqual(40);
	});
});
