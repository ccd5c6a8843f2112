import {
	contents,
	failFirst,
	firstRequest,
	run,
	SEND,
	SEND_ROUTE,
	startConversation,
	talkdesk,
} from './fixtures.mts';

describe('many items', () => {
	it('of one conversation arrive in their order, even if one of them is retried', async () => {
		const [a, b] = [await startConversation('a'), await startConversation('b')];
		let requests = 0;
		talkdesk.configure({
			faults: ({ route }) =>
				route === SEND_ROUTE && ++requests % 3 === 1 ? { kind: 'rateLimited' } : undefined,
		});
		const items = Array.from({ length: 12 }, (_, index) => ({
			conversationId: index % 2 === 0 ? a : b,
			text: `${index}`,
		}));
		const { items: output, error } = await run(SEND, { items });
		expect(error).toBeUndefined();
		expect(contents(a)).toEqual(['0', '2', '4', '6', '8', '10']);
		expect(contents(b)).toEqual(['1', '3', '5', '7', '9', '11']);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(items.map((_, item) => ({ item })));
		expect(output.map(({ json }) => json.conversationId)).toEqual(
			items.map(({ conversationId }) => conversationId),
		);
	});

	it('of different conversations do not wait for each other', async () => {
		const ids = await Promise.all(
			Array.from({ length: 5 }, async (_, index) => await startConversation(`${index}`)),
		);
		failFirst(SEND_ROUTE, { kind: 'hang', when: 'before' });
		const { error } = await run(
			{ ...SEND, options: { timeout: 1000 } },
			{ items: ids.map((conversationId) => ({ conversationId, text: 'x' })) },
		);
		expect(error).toBeUndefined();
		const sent = talkdesk.log.filter(
			({ what, status }) => what.endsWith('/messages') && status === 201,
		);
		expect(sent).toHaveLength(5);
		expect(sent.at(-1)?.conversationId).toBe(ids[0]);
	});

	it('are sent with a concurrency of fifty', async () => {
		const ids = await Promise.all(
			Array.from({ length: 60 }, async (_, index) => await startConversation(`${index}`)),
		);
		let [pending, most] = [0, 0];
		talkdesk.configure({
			faults: ({ route }) => {
				if (route !== SEND_ROUTE) return undefined;
				most = Math.max(most, ++pending);
				setTimeout(() => pending--, 2000);
				// Long enough for all of them to arrive on a busy machine.
				return { kind: 'hang', when: 'before', ms: 2000 };
			},
		});
		await run(
			{ ...SEND, options: { maxRetries: 0 } },
			{
				items: ids.map((conversationId) => ({ conversationId, text: 'x' })),
				node: { onError: 'continueRegularOutput' },
			},
		);
		expect(most).toBe(50);
	});

	it('stop at the first error, except for pending ones', async () => {
		const [a, b] = [await startConversation('a'), await startConversation('b')];
		const { error } = await run(SEND, {
			items: [
				{ conversationId: a, text: '0' },
				{ conversationId: a, text: '' },
				{ conversationId: a, text: '2' },
				{ conversationId: b, text: '3' },
			],
		});
		expect(error).toMatchObject({ context: { itemIndex: 1 } });
		expect(contents(a)).toEqual(['0']);
	});

	it('stop when the execution is canceled, even with Continue On Fail', async () => {
		const conversationId = await startConversation();
		const { items } = await run(SEND, {
			node: { onError: 'continueRegularOutput' },
			items: ['0', '1', '2'].map((text) => ({ conversationId, text })),
			stopped: firstRequest(SEND_ROUTE),
		});
		expect(items).toEqual([
			{ json: expect.objectContaining({ error: expect.any(String) }), pairedItem: { item: 0 } },
		]);
	});
});
