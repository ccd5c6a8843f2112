import {
	contents,
	END,
	failFirst,
	run,
	SEND,
	SEND_ROUTE,
	startConversation,
	talkdesk,
} from './fixtures.mts';

/** Sends each text from its own execution, in order, without waiting for any of them. */
const sendAll = (conversationId: string, texts: string[], options: object = {}) =>
	texts.map(
		async (text) =>
			await run(
				{ ...SEND, options: { ...options } },
				{ items: [{ conversationId, text }], executionId: `says ${text}` },
			),
	);
const texts = Array.from({ length: 5 }, (_, index) => `${index}`);

describe('messages of one conversation from several executions', () => {
	it('arrive in their order, although the first one is retried', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, { kind: 'unavailable', status: 503, when: 'before' });
		await Promise.all(sendAll(conversationId, texts));
		expect(contents(conversationId)).toEqual(texts);
	});

	it('do not wait for those of another conversation', async () => {
		const [a, b] = [await startConversation('a'), await startConversation('b')];
		talkdesk.configure({
			faults: ({ conversationId }) =>
				conversationId === a ? { kind: 'hang', when: 'before', ms: 1500 } : undefined,
		});
		const slow = sendAll(a, ['slow'], { maxRetries: 0 });
		await Promise.all(sendAll(b, texts));
		expect(contents(b)).toEqual(texts);
		expect(contents(a)).toEqual([]);
		await Promise.all(slow);
	});

	it('continue after one that failed permanently', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, { kind: 'rateLimited', retryAfterSeconds: 3600 });
		const runs = await Promise.all(sendAll(conversationId, texts));
		expect(runs.map(({ error }) => error !== undefined)).toEqual([
			true,
			false,
			false,
			false,
			false,
		]);
		expect(contents(conversationId)).toEqual(texts.slice(1));
	});

	it('arrive before the end of the conversation that was requested after them', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, { kind: 'rateLimited' });
		const sent = sendAll(conversationId, ['Bye']);
		const ended = run(END, { items: [{ conversationId }], executionId: 'ends' });
		const [{ error }] = await Promise.all([ended, ...sent]);
		expect(error).toBeUndefined();
		expect(contents(conversationId)).toEqual(['Bye']);
	});

	it('keep their order across the end of the conversation and its successor', async () => {
		const conversationId = await startConversation();
		await talkdesk.agent.end(conversationId);
		const startNew = { ifConversationEnded: 'startNew', contactEmail: 'ann@example.com' };
		const [first] = await Promise.all(sendAll(conversationId, ['0'], startNew));
		const successor = String(first?.items[0]?.json.conversationId);
		// The next message is for the old conversation and delayed; the one after it is for the new one.
		failFirst(SEND_ROUTE, { kind: 'rateLimited' });
		await Promise.all([
			...sendAll(conversationId, ['1'], startNew),
			...sendAll(successor, ['2'], startNew),
		]);
		expect(contents(successor)).toEqual(['0', '1', '2']);
	});
});

it('an execution that is canceled during its request leaves the queue', async () => {
	const conversationId = await startConversation();
	let stop = () => {};
	const stopped = new Promise<void>((resolve) => (stop = resolve));
	talkdesk.configure({
		faults: ({ index }) => (index === 0 ? (stop(), { kind: 'hang', when: 'before' }) : undefined),
	});
	const hanging = run(SEND, {
		items: [{ conversationId, text: 'hangs' }],
		executionId: 'hangs',
		stopped,
	});
	const next = sendAll(conversationId, ['next']);
	await Promise.all([hanging, ...next]);
	expect(contents(conversationId)).toEqual(['next']);
});
