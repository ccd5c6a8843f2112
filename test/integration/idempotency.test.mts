import { DataDeduplicationService } from 'n8n-core';

import { credentialFor } from '../simulator/credential.mts';
import { startSimulator } from '../simulator/simulator.mts';
import {
	contents,
	failFirst,
	run,
	SEND,
	SEND_ROUTE,
	START,
	startConversation,
	talkdesk,
	transcriptTo,
} from './fixtures.mts';

const START_ROUTE = 'POST /api/digital-connect/conversations';
const people = () => talkdesk.conversations().map(({ start }) => start.contact_person.email);
const startFor = (options: object) => ({
	...START,
	contactEmail: '={{ $json.email }}',
	options: { ...options },
});
const ANN_AND_BOB = ['ann@example.com', 'bob@example.com'];
const retryOnFail = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };

describe('two customers never share a conversation', () => {
	it.each([
		['null', '={{ $json.sessionId }}', [null, null]],
		['an empty text', '={{ $json.sessionId }}', ['', ' ']],
		['nothing, inside of a text', '=start-{{ $json.sessionId }}', [undefined, undefined]],
		['names outside of Latin-1', '={{ $json.sessionId }}', ['session-李', 'session-王']],
		['the very same text', '={{ $json.sessionId }}', ['session', 'session']],
	])('when their Idempotency Key is %s', async (_what, idempotencyKey, [ann, bob]) => {
		const items = [
			{ email: ANN_AND_BOB[0], sessionId: ann },
			{ email: ANN_AND_BOB[1], sessionId: bob },
		];
		const { items: output, error } = await run(startFor({ idempotencyKey }), { items });
		expect(error).toBeUndefined();
		expect(people()).toEqual(ANN_AND_BOB);
		expect(output.map(({ json }) => json.alreadyStarted)).toEqual([false, false]);
	});

	it.each([
		['false', false],
		['an object', { id: 1 }],
		['a list', ['1']],
	])('when their Idempotency Key is %s, which is rejected', async (_what, sessionId) => {
		const { error } = await run(startFor({ idempotencyKey: '={{ $json.sessionId }}' }), {
			items: [{ email: 'ann@example.com', sessionId }],
		});
		expect(error?.message).toContain('Idempotency Key');
		expect(error?.message).toContain('must be text, not a');
		expect(people()).toEqual([]);
	});

	it('when another n8n has an execution with the same ID', async () => {
		for (const [instanceId, email] of [
			['staging', 'ann@example.com'],
			['production', 'bob@example.com'],
		]) {
			await run(startFor({}), { items: [{ email }], executionId: '7', instanceId });
		}
		expect(people()).toEqual(ANN_AND_BOB);
	});

	it('when n8n reuses execution IDs after the restore of a backup', async () => {
		for (const [resumeToken, email] of ANN_AND_BOB.entries()) {
			await run(startFor({}), {
				items: [{ email }],
				executionId: '7',
				resumeToken: `${resumeToken}`,
			});
		}
		expect(people()).toEqual(ANN_AND_BOB);
	});
});

describe('Retry in the list of executions', () => {
	it('sends exactly the items that have not arrived', async () => {
		const conversationId = await startConversation();
		let requests = 0;
		talkdesk.configure({
			faults: ({ route }) =>
				route === SEND_ROUTE && ++requests === 3
					? { kind: 'rateLimited', retryAfterSeconds: 3600 }
					: undefined,
		});
		const items = ['one', 'two', 'three'].map((text) => ({ conversationId, text }));
		const first = await run(SEND, { items, executionId: '100' });
		expect(first.error).toBeDefined();
		const second = await run(SEND, { items, executionId: '101', retryOf: '100' });
		expect(second.error).toBeUndefined();
		expect(contents(conversationId)).toEqual(['one', 'two', 'three']);
	});

	it('finds the conversation that was started although the response was lost', async () => {
		failFirst(START_ROUTE, { kind: 'cut', when: 'after' });
		const parameters = { ...START, options: { maxRetries: 0 } };
		const first = await run(parameters, { executionId: '200' });
		expect(first.error?.description).toContain('The request may have succeeded');
		const second = await run(parameters, { executionId: '201', retryOf: '200' });
		expect(second.items[0]?.json.alreadyStarted).toBe(false);
		expect(talkdesk.conversations()).toHaveLength(1);
	});

	it('does not block the same text in a later execution', async () => {
		const conversationId = await startConversation();
		const items = [{ conversationId, text: 'yes' }];
		for (const executionId of ['300', '301']) await run(SEND, { items, executionId });
		expect(contents(conversationId)).toEqual(['yes', 'yes']);
	});
});

describe("n8n's Retry On Fail", () => {
	it('repeats a start with the same key after a lost response', async () => {
		failFirst(START_ROUTE, { kind: 'cut', when: 'after' });
		const { items, error } = await run(
			{ ...START, options: { maxRetries: 0 } },
			{ node: retryOnFail },
		);
		expect(error).toBeUndefined();
		expect(talkdesk.conversations()).toHaveLength(1);
		expect(items[0]?.json.alreadyStarted).toBe(false);
	});

	it('does not report a conversation as already started that this node has started', async () => {
		let requests = 0;
		talkdesk.configure({
			// The second item fails at first; the first one has long been started.
			faults: ({ route }) =>
				route === START_ROUTE && ++requests === 2
					? { kind: 'rateLimited', retryAfterSeconds: 3600 }
					: undefined,
		});
		const { items, error } = await run(startFor({ idempotencyKey: '={{ $json.email }}' }), {
			items: ANN_AND_BOB.map((email) => ({ email })),
			node: retryOnFail,
		});
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.alreadyStarted)).toEqual([false, false]);
	});

	it('sends each message once', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
		await run(
			{ ...SEND, options: { maxRetries: 0 } },
			{ items: [{ conversationId, text: 'Hello' }], node: retryOnFail },
		);
		expect(contents(conversationId)).toEqual(['Hello']);
	});
});

describe('as the tool of an AI agent', () => {
	const tool = { type: 'talkdeskTool' };

	it('a call that n8n repeats with another run index takes effect once', async () => {
		const conversationId = await startConversation();
		const items = [{ conversationId, text: 'Hello' }];
		for (const earlierRuns of [0, 1]) await run(SEND, { items, node: tool, earlierRuns });
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('a call without an address explains to the model what to do', async () => {
		const { error } = await run(startFor({}), { items: [{}], node: tool });
		expect(error?.message).toBe("The 'Contact Email' parameter is empty");
		expect(error?.description).toContain('Ask the customer for their email address');
	});

	it('different texts are different messages', async () => {
		const conversationId = await startConversation();
		for (const [earlierRuns, text] of ['Hello', 'Are you there?'].entries()) {
			await run(SEND, { items: [{ conversationId, text }], node: tool, earlierRuns });
		}
		expect(contents(conversationId)).toEqual(['Hello', 'Are you there?']);
	});

	it('a second start in the same execution is reported as already started', async () => {
		const parameters = startFor({ idempotencyKey: 'chat-1' });
		const items = [{ email: 'ann@acme.com' }];
		// The response to the first attempt is lost; n8n repeats it.
		failFirst(START_ROUTE, { kind: 'cut', when: 'after' });
		const failed = { ...parameters, options: { ...parameters.options, maxRetries: 0 } };
		expect((await run(failed, { items, node: tool })).error).toBeDefined();
		const first = await run(parameters, { items, node: tool, earlierRuns: 1 });
		const second = await run(parameters, { items, node: tool, earlierRuns: 2 });
		expect(first.items[0]?.json.alreadyStarted).toBe(false);
		expect(second.items[0]?.json).toMatchObject({
			alreadyStarted: true,
			conversationId: first.items[0]?.json.conversationId,
		});
	});

	it.each(['user@example.com', 'test@test.test', 'a@customer.invalid', 'x@localhost'])(
		'the address %s is rejected as made up, and the model told to ask',
		async (email) => {
			const { error } = await run(startFor({}), { items: [{ email }], node: tool });
			expect(error?.message).toContain('made-up email address');
			expect(error?.description).toContain('Ask the customer');
			expect(people()).toEqual([]);
		},
	);
});

it('alreadyStarted is true for another node of the workflow with the same key', async () => {
	const parameters = startFor({ idempotencyKey: 'session-1' });
	const items = [{ email: 'ann@example.com' }];
	const first = await run(parameters, { items, executionId: '1' });
	const second = await run(parameters, { items, executionId: '2', node: { id: 'node-2' } });
	expect(talkdesk.conversations()).toHaveLength(1);
	expect(first.items[0]?.json.alreadyStarted).toBe(false);
	expect(second.items[0]?.json).toMatchObject({
		alreadyStarted: true,
		message: expect.stringContaining('nothing new was started'),
	});
});

describe('the record of a started conversation', () => {
	const parameters = startFor({ idempotencyKey: '={{ $json.session }}' });
	const startAs = async (session: string, more: object = {}) =>
		(await run(parameters, { items: [{ email: 'ann@example.com', session }], ...more })).items[0]
			?.json;

	it("does not affect n8n's own Remove Duplicates node", async () => {
		const conversationId = String((await startAs('dedupe'))?.conversationId);
		const { processed } = await DataDeduplicationService.getInstance().checkProcessedAndRecord(
			[conversationId],
			'workflow',
			{ workflow: { id: 'workflow-1', active: true } },
			{ mode: 'entries', maxEntries: 10_000 },
		);
		expect(processed).toEqual([]);
	});

	it('does not apply to a conversation with the same ID in another account', async () => {
		const other = await startSimulator();
		for (const each of [talkdesk, other]) each.configure({ numericIds: true });
		const first = await startAs('of one account');
		const second = await startAs('of another account', {
			credential: { ...credentialFor(other), accessToken: '' },
			executionId: 'execution-2',
		});
		await other.close();
		expect(second?.conversationId).toBe(first?.conversationId);
		expect([first?.alreadyStarted, second?.alreadyStarted]).toEqual([false, false]);
	});
});

describe("a message with the channel's own ID as its key", () => {
	const parameters = { ...SEND, options: { idempotencyKey: '={{ $json.messageId }}' } };

	it('arrives in each conversation, though the ID is unique per chat only', async () => {
		const [a, b] = [await startConversation('a'), await startConversation('b')];
		const items = [
			{ conversationId: a, text: 'of Ann', messageId: 5 },
			{ conversationId: b, text: 'of Bob', messageId: 5 },
		];
		await run(parameters, { items });
		expect([contents(a), contents(b)]).toEqual([['of Ann'], ['of Bob']]);
	});

	it('arrives once if the channel repeats its call', async () => {
		const conversationId = await startConversation();
		const items = [{ conversationId, text: 'Hello', messageId: 5 }];
		for (const executionId of ['1', '2']) await run(parameters, { items, executionId });
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('arrives with another text under a key that is always the same', async () => {
		const conversationId = await startConversation();
		const nothing = { ...SEND, options: { idempotencyKey: '=message-{{ $json.none }}' } };
		for (const text of ['one', 'two']) {
			await run(nothing, { items: [{ conversationId, text }], executionId: text });
		}
		expect(contents(conversationId)).toEqual(['one', 'two']);
	});
});

it('a transcript that has grown is sent again under the same key', async () => {
	const conversationId = await startConversation();
	const send = async (said: string[], executionId: string) =>
		await run(
			transcriptTo(
				conversationId,
				said.map((content) => ({ role: 'user', content })),
				{ idempotencyKey: 'transcript-1' },
			),
			{ executionId },
		);
	await send(['one', 'two', 'three'], '1');
	await send(['one', 'two', 'three'], '2');
	expect(contents(conversationId)).toHaveLength(1);
	await send(['one', 'two', 'three', 'four'], '3');
	expect(contents(conversationId)?.join('\n')).toContain('four');
});
