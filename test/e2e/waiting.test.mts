import {
	body,
	post,
	set,
	startWorkflows,
	webhook,
	type SmallWorkflows,
} from './small-workflows.mts';
import type { Sink } from './sink.mts';

jest.setTimeout(60_000);

let n8n: SmallWorkflows;
/** What has left the trigger, and what waiting executions have gone on with. */
let triggered: Sink;
let answers: Sink;

beforeAll(async () => {
	n8n = await startWorkflows();
	answers = await n8n.sink();
	const start = n8n.start({ contactEmail: body('email') });
	const answer = post('Answer', answers.url);
	const ask = n8n.wait('Ask', { text: "={{ $('ask').item.json.body.question }}" });
	await n8n.publishRow([webhook('ask', 'onReceived'), start, ask, answer]);
	const onward = set('Go on', "={{ $('Wait').item.json }}");
	await n8n.publishRow(
		[webhook('converse', 'onReceived'), start, n8n.wait('Wait'), answer, onward],
		'Wait',
	);
	triggered = await n8n.listen();
}, 180_000);

afterAll(async () => await n8n?.stop(), 30_000);

/** The conversation in which the customer has written a text. */
async function conversationWith(text: string): Promise<string> {
	const { talkdesk } = n8n.environment;
	const { conversationId } = await talkdesk.waitFor(
		() =>
			talkdesk
				.transcripts()
				.find(({ customer }) => customer.some(({ content }) => content === text)),
		{ what: text, timeoutMs: 20_000 },
	);
	return conversationId;
}

/** Starts a conversation, and lets an agent join it. */
async function ask(question: string, more: object = {}) {
	await n8n.call('ask', { email: 'ann@example.com', sessionId: question, question, ...more });
	const conversationId = await conversationWith(question);
	await n8n.agent.join(conversationId, { name: 'Zoe' });
	return conversationId;
}

it('goes on with the reply of the human, which no trigger puts out as well', async () => {
	const conversationId = await ask('May I?');
	await n8n.agent.say(conversationId, 'Yes, you may.');
	expect(await answers.find({ conversationId })).toMatchObject({
		event: 'message_created',
		text: 'Yes, you may.',
		sessionId: 'May I?',
		agentJoined: true,
	});
	expect(triggered.textsOf(conversationId)).toEqual([]);
});

it('says that a message came too late for the execution', async () => {
	const conversationId = await ask('Now?');
	await n8n.agent.say(conversationId, 'Now.');
	await answers.find({ conversationId });
	await n8n.agent.say(conversationId, 'Or later.');
	const late = await triggered.find({ conversationId, text: 'Or later.' });
	expect(late).toMatchObject({ undelivered: true, sessionId: 'Now?' });
	await n8n.agent.say(conversationId, 'Or never.');
	const again = await triggered.find({ conversationId, text: 'Or never.' });
	expect(again.undelivered).toBeUndefined();
});

it('works without a session', async () => {
	const conversationId = await ask('Without?', { sessionId: '' });
	await n8n.agent.say(conversationId, 'Without.');
	const answer = await answers.find({ conversationId });
	expect(answer.text).toBe('Without.');
	expect(answer).not.toHaveProperty('sessionId');
});

it('goes on with the end', async () => {
	const conversationId = await ask('The end?');
	await n8n.agent.end(conversationId);
	expect(await answers.find({ conversationId })).toMatchObject({ event: 'conversation_ended' });
	expect(triggered.of(conversationId).map(({ event }) => event)).not.toContain(
		'conversation_ended',
	);
});

it('takes an automated message for no reply', async () => {
	const conversationId = await ask('Anybody?');
	await n8n.environment.talkdesk.deliver('local-touchpoint', 'message_created', {
		event_type: 'MESSAGE_CREATED',
		conversation_id: conversationId,
		timestamp: new Date().toISOString(),
		payload: { content: 'You are number 3.', author: { type: 'SYSTEM' } },
	});
	await triggered.find({ conversationId, text: 'You are number 3.' });
	await n8n.agent.say(conversationId, 'Me.');
	expect((await answers.find({ conversationId })).text).toBe('Me.');
});

it('gives a loop all messages, once and in their order, however fast they come', async () => {
	const id = await n8n.startBy('converse', { email: 'bob@example.com', sessionId: 'loop' });
	const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
	// The simulator calls n8n one by one for a conversation; these come side by side.
	for (const text of texts) await n8n.agent.say(id, text);
	await n8n.agent.end(id);
	await answers.find({ conversationId: id, event: 'conversation_ended' });
	expect(answers.textsOf(id)).toEqual(texts);
	expect(triggered.textsOf(id)).toEqual([]);
}, 60_000);
