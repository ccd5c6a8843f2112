import { codeOf, impatient, sendRoute, spoil } from './testing-faults.mts';
import {
	cleanUp,
	connectedForTest,
	errorOf,
	HandTimer,
	refusal,
	setUp,
	until,
} from './testing.mts';

afterEach(cleanUp);

const text = { content: 'Hello' };

describe('a hanging request', () => {
	test.each([
		['before', 0],
		['after', 1],
	] as const)('%s: is never answered, and %d messages are stored', async (when, stored) => {
		const { talkdesk, client } = await setUp();
		const id = await client.started();
		spoil(talkdesk, sendRoute, { kind: 'hang', when });
		const path = `/digital-connect/conversations/${id}/messages`;
		const { answer, giveUp } = await impatient(talkdesk, path, text);
		let answered = false;
		void answer.then(() => (answered = true));
		await until(() => talkdesk.log.at(-1)?.summary.startsWith('[fault: hang') ?? false);
		// Others are answered meanwhile.
		await client.started();
		expect(answered).toBe(false);
		giveUp();
		expect(await answer).toBe('ERR_CANCELED');
		expect(talkdesk.conversation(id)?.messages).toHaveLength(stored);
		expect(talkdesk.log.find(({ status }) => status === null)).toMatchObject({
			what: `POST /api${path}`,
		});
		expect(talkdesk.counts().routes[sendRoute]).toBe(1);
	});

	test('is cut when its time is over', async () => {
		const timer = new HandTimer();
		const { talkdesk, client } = await setUp({ timer });
		const id = await client.started();
		spoil(talkdesk, sendRoute, { kind: 'hang', when: 'after', ms: 60_000 });
		const sent = codeOf(client.send(id, text));
		await until(() => timer.left().length === 1);
		expect(timer.left()).toEqual([60_000]);
		timer.advance(60_000);
		expect(await sent).toBe('ECONNRESET');
	});

	test.each(['before', 'after'] as const)('%s: ends with close', async (when) => {
		const timer = new HandTimer();
		const { talkdesk, client } = await setUp({ timer });
		const id = await client.started();
		const path = `/digital-connect/conversations/${id}/messages`;
		const answers = [];
		for (const ms of [undefined, 60_000]) {
			spoil(talkdesk, sendRoute, { kind: 'hang', when, ...(ms && { ms }) });
			const { answer } = await impatient(talkdesk, path, text);
			answers.push(answer);
			await until(() => talkdesk.counts().routes[sendRoute] === answers.length);
		}
		expect(timer.left()).toEqual([60_000]);
		await talkdesk.close();
		expect(await Promise.all(answers)).toEqual(['ECONNRESET', 'ECONNRESET']);
		expect(timer.left()).toEqual([]);
	});

	test('whose client goes away leaves no timer', async () => {
		const timer = new HandTimer();
		const { talkdesk, client } = await setUp({ timer });
		const id = await client.started();
		spoil(talkdesk, sendRoute, { kind: 'hang', when: 'before', ms: 60_000 });
		const path = `/digital-connect/conversations/${id}/messages`;
		const { answer, giveUp } = await impatient(talkdesk, path, text);
		await until(() => timer.left().length === 1);
		giveUp();
		await answer;
		await until(() => timer.left().length === 0);
	});
});

describe('a conversation that ends under a message', () => {
	test('is the error 3016011, is told to n8n, and the message is not stored', async () => {
		const { n8n, talkdesk, client, conversation_id: id } = await connectedForTest();
		await talkdesk.agent.join(id, { name: 'Grace' });
		spoil(talkdesk, sendRoute, { kind: 'conversationEnds' });
		expect(errorOf(await client.send(id, text))).toEqual(refusal(409, { code: '3016011' }));
		expect(talkdesk.conversation(id)).toMatchObject({ endedBy: 'agent', messages: [] });
		await until(() => n8n.calls.length === 2);
		expect(n8n.calls[1]?.url).toBe('/conversation_ended');

		// Once is enough.
		expect(errorOf(await client.send(id, text))).toEqual(refusal(409, { code: '3016011' }));
		await talkdesk.deliver('local-touchpoint', 'message_created', {});
		expect(n8n.calls).toHaveLength(3);
	});

	test('leaves alone what a stranger sends, and what is not there', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.started();
		spoil(talkdesk, sendRoute, { kind: 'conversationEnds' });
		talkdesk.configure({ addressAllowed: false });
		expect(errorOf(await client.send(id, text))).toEqual(refusal(403));
		talkdesk.configure({ addressAllowed: true });
		expect(errorOf(await client.send('nobody', text))).toEqual(refusal(404));
		expect(talkdesk.conversation(id)?.state).toBe('open');
	});
});
