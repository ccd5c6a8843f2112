import { codeOf, abortableSend, sendRoute, setFault } from './testing-faults.mts';
import {
	cleanUp,
	connectedForTest,
	errorOf,
	ManualTimer,
	apiError,
	setUp,
	until,
} from './testing.mts';

afterEach(cleanUp);

const text = { content: 'Hello' };

describe('a hanging request', () => {
	test.each([
		['before', 0],
		['after', 1],
	] as const)('%s: gets no response, and %d messages are stored', async (when, stored) => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		setFault(talkdesk, sendRoute, { kind: 'hang', when });
		const path = `/digital-connect/conversations/${id}/messages`;
		const { answer, abort } = await abortableSend(talkdesk, path, text);
		let answered = false;
		void answer.then(() => (answered = true));
		await until(() => talkdesk.log.at(-1)?.summary.startsWith('[fault: hang') ?? false);
		// Other requests are answered.
		await client.startConversation();
		expect(answered).toBe(false);
		abort();
		expect(await answer).toBe('ERR_CANCELED');
		expect(talkdesk.conversation(id)?.messages).toHaveLength(stored);
		expect(talkdesk.log.find(({ status }) => status === null)).toMatchObject({
			what: `POST /api${path}`,
		});
		expect(talkdesk.counts().routes[sendRoute]).toBe(1);
	});

	test('is cut after its time', async () => {
		const timer = new ManualTimer();
		const { talkdesk, client } = await setUp({ timer });
		const id = await client.startConversation();
		setFault(talkdesk, sendRoute, { kind: 'hang', when: 'after', ms: 60_000 });
		const sent = codeOf(client.send(id, text));
		await until(() => timer.left().length === 1);
		expect(timer.left()).toEqual([60_000]);
		timer.advance(60_000);
		expect(await sent).toBe('ECONNRESET');
	});

	test.each(['before', 'after'] as const)('%s: ends with close', async (when) => {
		const timer = new ManualTimer();
		const { talkdesk, client } = await setUp({ timer });
		const id = await client.startConversation();
		const path = `/digital-connect/conversations/${id}/messages`;
		const answers = [];
		for (const ms of [undefined, 60_000]) {
			setFault(talkdesk, sendRoute, { kind: 'hang', when, ...(ms && { ms }) });
			const { answer } = await abortableSend(talkdesk, path, text);
			answers.push(answer);
			await until(() => talkdesk.counts().routes[sendRoute] === answers.length);
		}
		expect(timer.left()).toEqual([60_000]);
		await talkdesk.close();
		expect(await Promise.all(answers)).toEqual(['ECONNRESET', 'ECONNRESET']);
		expect(timer.left()).toEqual([]);
	});

	test('leaves no timer when its client disconnects', async () => {
		const timer = new ManualTimer();
		const { talkdesk, client } = await setUp({ timer });
		const id = await client.startConversation();
		setFault(talkdesk, sendRoute, { kind: 'hang', when: 'before', ms: 60_000 });
		const path = `/digital-connect/conversations/${id}/messages`;
		const { answer, abort } = await abortableSend(talkdesk, path, text);
		await until(() => timer.left().length === 1);
		abort();
		await answer;
		await until(() => timer.left().length === 0);
	});
});

describe('a conversation that ends during a message', () => {
	test('is the error 3016011, is dispatched to n8n, and the message is not stored', async () => {
		const { n8n, talkdesk, client, conversation_id: id } = await connectedForTest();
		await talkdesk.agent.join(id, { name: 'Grace' });
		setFault(talkdesk, sendRoute, { kind: 'conversationEnds' });
		expect(errorOf(await client.send(id, text))).toEqual(apiError(409, { code: '3016011' }));
		expect(talkdesk.conversation(id)).toMatchObject({ endedBy: 'agent', messages: [] });
		await until(() => n8n.calls.length === 2);
		expect(n8n.calls[1]?.url).toBe('/conversation_ended');

		// It ends once.
		expect(errorOf(await client.send(id, text))).toEqual(apiError(409, { code: '3016011' }));
		await talkdesk.deliver('local-touchpoint', 'message_created', {});
		expect(n8n.calls).toHaveLength(3);
	});

	test('does not end because of an unauthenticated request, or an unknown id', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		setFault(talkdesk, sendRoute, { kind: 'conversationEnds' });
		talkdesk.configure({ addressAllowed: false });
		expect(errorOf(await client.send(id, text))).toEqual(apiError(403));
		talkdesk.configure({ addressAllowed: true });
		expect(errorOf(await client.send('nobody', text))).toEqual(apiError(404));
		expect(talkdesk.conversation(id)?.state).toBe('open');
	});
});
