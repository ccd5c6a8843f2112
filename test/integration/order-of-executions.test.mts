import { contents, END, failFirst, run, SEND, SEND_ROUTE, started, talkdesk } from './fixtures.mts';

/** Sends each text out of an execution of its own, one after the other, without waiting for any of them. */
const sendAll = (conversationId: string, texts: string[], options: object = {}) =>
	texts.map(
		async (text) =>
			await run(
				{ ...SEND, options: { ...options } },
				{ items: [{ conversationId, text }], executionId: `says ${text}` },
			),
	);
const texts = Array.from({ length: 5 }, (_, index) => `${index}`);

describe('messages of one conversation, each out of its own execution', () => {
	it('arrive in the order in which they came, though the first has to be repeated', async () => {
		const conversationId = await started();
		failFirst(SEND_ROUTE, { kind: 'unavailable', status: 503, when: 'before' });
		await Promise.all(sendAll(conversationId, texts));
		expect(contents(conversationId)).toEqual(texts);
	});

	it('do not wait for those of another one', async () => {
		const [a, b] = [await started('a'), await started('b')];
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

	it('go on after one that failed for good', async () => {
		const conversationId = await started();
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

	it('arrive ahead of the end of the conversation that was asked for after them', async () => {
		const conversationId = await started();
		failFirst(SEND_ROUTE, { kind: 'rateLimited' });
		const sent = sendAll(conversationId, ['Bye']);
		const ended = run(END, { items: [{ conversationId }], executionId: 'ends' });
		const [{ error }] = await Promise.all([ended, ...sent]);
		expect(error).toBeUndefined();
		expect(contents(conversationId)).toEqual(['Bye']);
	});

	it('keep their order when the conversation has ended, also with one that knows the new one', async () => {
		const conversationId = await started();
		await talkdesk.agent.end(conversationId);
		const startNew = { ifConversationEnded: 'startNew', contactEmail: 'ann@example.com' };
		const [first] = await Promise.all(sendAll(conversationId, ['0'], startNew));
		const successor = String(first?.items[0]?.json.conversationId);
		// The next one, for the old conversation, is held up; the one after it knows the new conversation.
		failFirst(SEND_ROUTE, { kind: 'rateLimited' });
		await Promise.all([
			...sendAll(conversationId, ['1'], startNew),
			...sendAll(successor, ['2'], startNew),
		]);
		expect(contents(successor)).toEqual(['0', '1', '2']);
	});
});

it('an execution that is stopped in the middle of its request leaves the queue', async () => {
	const conversationId = await started();
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
