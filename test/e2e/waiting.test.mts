import { post, set, startSink, startWorkflows, webhook, type Sink } from './small-workflows.mts';

let n8n: Awaited<ReturnType<typeof startWorkflows>>;
/** What has left the trigger, and what waiting executions have gone on with. */
let triggered: Sink;
let answers: Sink;

const body = (field: string) => `={{ $json.body.${field} }}`;

beforeAll(async () => {
	[triggered, answers] = [await startSink(), await startSink()];
	n8n = await startWorkflows();
	const start = n8n.talkdesk('Start', {
		resource: 'conversation',
		operation: 'start',
		contactEmail: body('email'),
		sessionId: body('sessionId'),
		options: {},
	});
	const wait = (name: string, parameters: object) =>
		n8n.talkdesk(name, {
			resource: 'message',
			operation: 'sendAndWaitForReply',
			conversationId: '={{ $json.conversationId }}',
			options: {},
			...parameters,
		});
	await n8n.publish(
		[
			webhook('ask', 'onReceived'),
			start,
			wait('Ask', { text: "={{ $('ask').item.json.body.question }}" }),
			post('Answer', answers.url),
		],
		{ ask: [['Start']], Start: [['Ask']], Ask: [['Answer']] },
	);
	await n8n.publish(
		[
			webhook('converse', 'onReceived'),
			start,
			wait('Wait', {}),
			post('Answer', answers.url),
			set('Go on', "={{ $('Wait').item.json }}"),
		],
		{
			converse: [['Start']],
			Start: [['Wait']],
			Wait: [['Answer']],
			Answer: [['Go on']],
			'Go on': [['Wait']],
		},
	);
	const trigger = n8n.trigger();
	await n8n.publish([trigger, post('Sink', triggered.url)], {
		Trigger: [['Sink'], ['Sink'], ['Sink']],
	});
	n8n.connect(trigger);
}, 180_000);
jest.setTimeout(60_000);

afterAll(async () => {
	triggered?.close();
	answers?.close();
	await n8n?.stop();
}, 30_000);

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

const ofConversation = ({ events }: Sink, conversationId: string) =>
	events.filter((event) => event.conversationId === conversationId);
const textsOf = (sink: Sink, conversationId: string) =>
	ofConversation(sink, conversationId).flatMap(({ text }) => text ?? []);

it('goes on with the reply of the human, which no trigger puts out as well', async () => {
	const conversationId = await ask('May I?');
	await n8n.agent.say(conversationId, 'Yes, you may.');
	expect(await answers.find({ conversationId })).toMatchObject({
		event: 'message_created',
		text: 'Yes, you may.',
		sessionId: 'May I?',
		agentJoined: true,
	});
	expect(textsOf(triggered, conversationId)).toEqual([]);
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
	expect(ofConversation(triggered, conversationId).map(({ event }) => event)).not.toContain(
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
	const sessionId = 'loop';
	await n8n.call('converse', { email: 'bob@example.com', sessionId });
	const { id } = await n8n.environment.talkdesk.waitFor(
		() =>
			n8n.environment.talkdesk
				.conversations()
				.find(({ start }) => start.contact_person.email === 'bob@example.com'),
		{ what: 'the conversation', timeoutMs: 20_000 },
	);
	await n8n.agent.join(id, { name: 'Zoe' });
	const texts = Array.from({ length: 20 }, (_, index) => `${index}`);
	// The simulator calls n8n one by one for a conversation; these come side by side.
	for (const text of texts) await n8n.agent.say(id, text);
	await n8n.agent.end(id);
	await answers.find({ conversationId: id, event: 'conversation_ended' });
	expect(textsOf(answers, id)).toEqual(texts);
	expect(textsOf(triggered, id)).toEqual([]);
}, 60_000);
