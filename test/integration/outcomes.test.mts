import { oddAnswers } from '../simulator/odd-answers.mts';
import type { Fault } from '../simulator/faults.mts';
import {
	contents,
	failFirst,
	run,
	SEND,
	SEND_ROUTE,
	START,
	startConversation,
	talkdesk,
} from './fixtures.mts';
import { textFile } from './sample-files.mts';

const say = async (conversationId: string, options: object = {}, more: object = {}) =>
	await run(
		{ ...SEND, options: { ...options } },
		{
			items: [{ conversationId, text: 'Hello' }],
			node: { onError: 'continueErrorOutput' },
			...more,
		},
	);

describe('a message that Talkdesk stored is never reported as failed', () => {
	it.each([
		'createdAtMissing',
		'createdAtNull',
		'createdAtNumber',
		'messageIdMissing',
		'messageIdNull',
		'messageIdNumber',
		'emptyBody',
		'noContent',
		'html',
		'extraFields',
	] as const)('with any response: %s', async (send) => {
		const conversationId = await startConversation();
		talkdesk.configure({ answers: oddAnswers({ send }) });
		const { outputs } = await say(conversationId);
		expect(outputs[1]).toEqual([]);
		expect(outputs[0]?.[0]?.json).toMatchObject({ conversationId, conversationEnded: false });
		expect(contents(conversationId)).toEqual(['Hello']);
	});
});

describe('a failure after which the message may have arrived', () => {
	it.each([408, 500, 502, 503, 504, 520, 524] as const)(
		'is retried with the same key after %i',
		async (status) => {
			const conversationId = await startConversation();
			failFirst(SEND_ROUTE, { kind: 'unavailable', status, when: 'after' });
			const { outputs } = await say(conversationId);
			expect(outputs[0]).toHaveLength(1);
			expect(contents(conversationId)).toEqual(['Hello']);
		},
	);

	it.each([
		{ kind: 'unavailable', status: 500, when: 'after' },
		{ kind: 'unavailable', status: 408, when: 'after' },
		{ kind: 'unavailable', status: 503, when: 'after', retryAfterSeconds: 0 },
		{ kind: 'cut', when: 'after' },
	] as const)('is explained in the error after the last retry: %j', async (fault) => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, fault);
		const { outputs } = await say(conversationId, { maxRetries: 0 });
		expect(outputs[1]?.[0]?.json).toMatchObject({
			message: expect.stringContaining('The request may have succeeded'),
			details: { outcomeUnknown: true },
		});
	});

	it('is not retried with Report because of Retry-After of a gateway', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, {
			kind: 'unavailable',
			status: 504,
			when: 'after',
			retryAfterSeconds: 1,
		});
		talkdesk.configure({ honorMessageKeys: false });
		const { items } = await say(conversationId, { ifOutcomeUnknown: 'report' });
		expect(items[0]?.json).toMatchObject({ outcomeUnknown: true });
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('is a result with Report, also after a 500', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, { kind: 'unavailable', status: 500, when: 'after' });
		const { items } = await say(conversationId, { ifOutcomeUnknown: 'report' });
		expect(items[0]?.json).toMatchObject({ outcomeUnknown: true });
	});

	it('is reported for a start with an unreadable response', async () => {
		talkdesk.configure({ answers: oddAnswers({ start: 'emptyBody' }) });
		const { items } = await run(START, { node: { onError: 'continueRegularOutput' } });
		expect(items[0]?.json.details).toMatchObject({
			kind: 'unexpectedAnswer',
			outcomeUnknown: true,
		});
		expect(talkdesk.conversations()).toHaveLength(1);
	});
});

describe('a message that may have arrived before the agent ended the conversation', () => {
	const endedAfterLostAnswer = async () => {
		const conversationId = await startConversation();
		failFirst(
			SEND_ROUTE,
			{ kind: 'unavailable', status: 504, when: 'after' },
			{ kind: 'conversationEnds' },
		);
		talkdesk.configure({ messageKeysAfterEnd: 'ended' });
		return conversationId;
	};

	it('is reported as of unknown outcome with Continue', async () => {
		const conversationId = await endedAfterLostAnswer();
		const { items } = await say(conversationId, { ifConversationEnded: 'continue' });
		expect(items[0]?.json).toMatchObject({ conversationEnded: true, outcomeUnknown: true });
	});

	it('is sent to a new conversation, and reported as of unknown outcome', async () => {
		const conversationId = await endedAfterLostAnswer();
		const { items } = await say(conversationId, {
			ifConversationEnded: 'startNew',
			contactEmail: 'ann@example.com',
		});
		expect(items[0]?.json).toMatchObject({
			previousConversationId: conversationId,
			outcomeUnknown: true,
			conversationEnded: false,
		});
	});
});

describe("a message that may have arrived before n8n's Retry On Fail sends it again", () => {
	const again = { node: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 } };

	it.each([
		[{ ifConversationEnded: 'continue' }, { conversationEnded: true }],
		[
			{ ifConversationEnded: 'startNew', contactEmail: 'ann@example.com' },
			{ conversationEnded: false },
		],
	])(
		'is of unknown outcome if the conversation has ended meanwhile: %j',
		async (options, expected) => {
			const conversationId = await startConversation();
			talkdesk.configure({ messageKeysAfterEnd: 'ended' });
			failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' }, { kind: 'conversationEnds' });
			const { items } = await say(conversationId, { ...options, maxRetries: 0 }, again);
			expect(contents(conversationId)).toEqual(['Hello']);
			expect(items[0]?.json).toMatchObject({ ...expected, outcomeUnknown: true });
		},
	);

	it('is of unknown outcome if another item failed, and the conversation has ended meanwhile', async () => {
		const conversationId = await startConversation();
		talkdesk.configure({ messageKeysAfterEnd: 'ended' });
		let requests = 0;
		talkdesk.configure({
			faults: ({ route }) => {
				if (route !== SEND_ROUTE) return undefined;
				requests++;
				if (requests === 2) return { kind: 'rateLimited', retryAfterSeconds: 3600 };
				return requests === 3 ? { kind: 'conversationEnds' } : undefined;
			},
		});
		const { items } = await run(
			{ ...SEND, options: { ifConversationEnded: 'continue' } },
			{ items: ['one', 'two'].map((text) => ({ conversationId, text })), ...again },
		);
		expect(contents(conversationId)).toEqual(['one']);
		expect(items.map(({ json }) => json)).toMatchObject([
			{ conversationEnded: true, outcomeUnknown: true },
			{ conversationEnded: true },
		]);
		expect(items[1]?.json).not.toHaveProperty('outcomeUnknown');
	});
});

it('a response that belongs to another conversation is an error', async () => {
	const conversationId = await startConversation();
	talkdesk.configure({
		answers: ({ route, status }) =>
			route === SEND_ROUTE && status < 300
				? { body: { id: 'another', message_id: 'm', created_at: '2026-01-01T00:00:00.000Z' } }
				: undefined,
	});
	const { outputs } = await say(conversationId);
	expect(outputs[1]?.[0]?.json).toMatchObject({
		error: expect.stringContaining('another conversation'),
		details: { kind: 'unexpectedAnswer', outcomeUnknown: true },
	});
});

it('a file that failed at first arrives when n8n repeats the execution', async () => {
	const conversationId = await startConversation();
	const files = { a: textFile('a.txt'), b: textFile('b.txt') };
	let uploads = 0;
	const lost: Fault = { kind: 'cut', when: 'after' };
	talkdesk.configure({
		faults: ({ route }) => {
			if (route === SEND_ROUTE) return lost;
			const isSecond = route === 'PUT /uploads/:id' && ++uploads === 2;
			return isSecond ? { kind: 'cut', when: 'before' } : undefined;
		},
	});
	const parameters = { ...SEND, inputDataFieldNames: 'a, b', options: { maxRetries: 0 } };
	const items = [{ conversationId, text: 'My files' }];
	const first = await run(parameters, { items, files, executionId: '1' });
	expect(first.error).toBeDefined();
	talkdesk.configure({ faults: () => undefined });
	const second = await run(parameters, { items, files, executionId: '2', retryOf: '1' });
	expect(second.items[0]?.json.attachments).toMatchObject([
		{ outcome: 'sent' },
		{ outcome: 'sent' },
	]);
	const arrived = talkdesk
		.conversation(conversationId)
		?.messages.at(-1)
		?.attachments.map(({ name }) => name.slice(0, 1));
	expect(arrived).toEqual(['a', 'b']);
});

it('a response that drips is aborted after the timeout', async () => {
	const conversationId = await startConversation();
	failFirst(SEND_ROUTE, { kind: 'drip', everyMs: 400 });
	const { outputs } = await say(conversationId, { timeout: 500, maxRetries: 0 });
	expect(outputs[1]?.[0]?.json.details).toMatchObject({
		kind: 'unreachable',
		code: 'ETIMEDOUT',
		outcomeUnknown: true,
	});
});

it('no secret is disclosed, although Talkdesk echoes the rejected header', async () => {
	talkdesk.configure({ echoAuthorization: true });
	const { everything, items } = await run(
		{ ...SEND, text: 'Hello' },
		{ items: [{ conversationId: 'none' }], node: { onError: 'continueRegularOutput' } },
	);
	expect(items[0]?.json.error).toContain('Authorization: Bearer [hidden]');
	expect(everything).not.toMatch(/Bearer (?!\[hidden\])/);
});
