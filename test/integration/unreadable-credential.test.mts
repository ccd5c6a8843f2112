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
	started,
	talkdesk,
} from './fixtures.mts';
import { bill } from './sample-files.mts';

const items = [{ conversationId: 'c1', text: 'Hello' }];
/** The ways of n8n to go on after an error; the number of the output on which errors come out. */
const ways = [
	['continueErrorOutput', 1],
	['continueRegularOutput', 0],
] as const;

describe.each(ways)('with On Error: %s', (onError, output) => {
	const runWith = async (parameters: INodeParameters, more: object = {}) =>
		await run(parameters, { items, node: { onError }, ...more });

	it.each([
		['an incomplete credential', () => Object.assign(credential, { clientSecret: '' })],
		['a refused client', () => Object.assign(credential, { clientSecret: 'wrong' })],
		['a token URL that is none', () => Object.assign(credential, { tokenUrl: 'nowhere' })],
	])('%s is an error of each item, and nothing comes out as a success', async (_what, spoil) => {
		spoil();
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

	it('a database that fails once while the credential is read costs no message its outcome', async () => {
		const { outputs } = await runWith(SEND, { credentialFails: new Error('SQLITE_BUSY') });
		expect(outputs[output]?.[0]?.json).toMatchObject({
			error: expect.stringContaining('SQLITE_BUSY'),
			details: { kind: 'credential' },
		});
		if (output === 1) expect(outputs[0]).toEqual([]);
	});

	it('an operation that no longer exists is an error of each item', async () => {
		const { outputs } = await runWith({ ...SEND, operation: 'forget' });
		expect(outputs[output]?.[0]?.json.error).toContain(
			"The operation 'message: forget' is not supported",
		);
		if (output === 1) expect(outputs[0]).toEqual([]);
	});

	// jest fails a test in which a rejection stays unhandled; n8n's process would end.
	it('that is so, too, when the credential cannot be read besides', async () => {
		const { outputs } = await runWith(
			{ ...SEND, operation: 'forget' },
			{ credentialFails: new Error('SQLITE_BUSY') },
		);
		expect(outputs[output]?.[0]?.json.error).toContain(
			"The operation 'message: forget' is not supported",
		);
	});

	it('a failure without any words is not taken for a success', async () => {
		// What Node.js throws if it reaches a host under none of its addresses has an empty message.
		const metadata = jest.spyOn(Container.get(BinaryDataService), 'getMetadata');
		metadata.mockRejectedValueOnce(new AggregateError([], ''));
		const { outputs } = await runWith(
			{ resource: 'attachment', operation: 'upload', inputDataFieldName: 'data', options: {} },
			{ files: { data: bill } },
		);
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
	it('is used at once: no request goes out with the token of the old client', async () => {
		await started('with the old client');
		talkdesk.configure({ clients: [...CLIENTS, { ...OTHER, scopes: ['digital-connect:write'] }] });
		useOther();
		await started('with the new client');
		expect(talkdesk.conversations().map(({ startedBy }) => startedBy.client)).toEqual([
			'local-client',
			'other',
		]);
	});
});

describe('a scope that is added in Talkdesk', () => {
	const withScopes = (scopes: Scopes) =>
		talkdesk.configure({ clients: [...CLIENTS, { ...OTHER, scopes }] });

	it('counts for the next message: a 403 fetches a new token once', async () => {
		const conversationId = await started();
		withScopes(['attachments:read']);
		useOther();
		const send = async (executionId: string) =>
			await run(SEND, { items: [{ conversationId, text: executionId }], executionId });
		expect((await send('one')).error).toMatchObject({ httpCode: '403' });
		withScopes(['digital-connect:write']);
		// So long one new token has to do for all that are refused.
		await new Promise((resolve) => setTimeout(resolve, 2100));
		expect((await send('two')).error).toBeUndefined();
		expect(contents(conversationId)).toEqual(['two']);
	});

	it('a client without the scope costs few tokens, however much is sent', async () => {
		withScopes(['attachments:read']);
		const conversationId = await started();
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
