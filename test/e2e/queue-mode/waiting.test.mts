import { PROJECT_FOLDER } from '../../tools/n8n/pack.mts';
import { startQueueN8n } from '../../tools/n8n/queue.mts';
import { post, set, startSink, startWorkflows, webhook, type Sink } from '../small-workflows.mts';

let n8n: Awaited<ReturnType<typeof startWorkflows>>;
/** What has left the trigger, and what waiting executions have gone on with. */
let triggered: Sink;
let answers: Sink;

beforeAll(async () => {
	[triggered, answers] = [await startSink(), await startSink()];
	n8n = await startWorkflows({
		n8nEnv: { N8N_EXPRESSION_ENGINE: 'legacy' },
		startN8n: async (options) => await startQueueN8n({ packageFolder: PROJECT_FOLDER, ...options }),
	});
	const start = n8n.talkdesk('Start', {
		resource: 'conversation',
		operation: 'start',
		contactEmail: 'ann@example.com',
		sessionId: '={{ $json.body.sessionId }}',
		options: {},
	});
	const wait = n8n.talkdesk('Wait', {
		resource: 'message',
		operation: 'sendAndWaitForReply',
		conversationId: '={{ $json.conversationId }}',
		options: {},
	});
	await n8n.publish(
		[
			webhook('converse', 'onReceived'),
			start,
			wait,
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
}, 300_000);
afterAll(async () => {
	triggered?.close();
	answers?.close();
	await n8n?.stop();
}, 60_000);

const textsOf = ({ events }: Sink, conversationId: string) =>
	events
		.filter((event) => event.conversationId === conversationId)
		.flatMap(({ text }) => text ?? []);

async function converse(sessionId: string): Promise<string> {
	const { talkdesk } = n8n.environment;
	const before = talkdesk.conversations().length;
	await n8n.call('converse', { sessionId });
	await talkdesk.waitFor(() => talkdesk.conversations().length > before, {
		what: 'the conversation',
		timeoutMs: 20_000,
	});
	const id = talkdesk.conversations().at(-1)?.id ?? '';
	await n8n.agent.join(id, { name: 'Zoe' });
	return id;
}

it('messages at the same moment, on two workers, arrive once and in order', async () => {
	const id = await converse('together');
	await n8n.agent.say(id, 'first');
	await answers.find({ conversationId: id, text: 'first' });
	// More than the workers have places for executions.
	const texts = Array.from({ length: 12 }, (_, index) => `${index}`);
	for (const text of texts) await n8n.agent.say(id, text);
	await n8n.agent.end(id);
	await answers.find({ conversationId: id, event: 'conversation_ended' });
	expect(textsOf(answers, id)).toEqual(['first', ...texts]);
	expect(textsOf(triggered, id)).toEqual([]);
}, 90_000);

it('a message right after the start, in which another worker registers, is not lost', async () => {
	for (const sessionId of ['one', 'two', 'three']) {
		const id = await converse(sessionId);
		await n8n.agent.say(id, 'At once');
		await answers.find({ conversationId: id, text: 'At once' });
		expect(textsOf(triggered, id)).toEqual([]);
		await n8n.agent.end(id);
		await answers.find({ conversationId: id, event: 'conversation_ended' });
	}
}, 90_000);

it('twenty conversations at the same moment get all messages, in order: a trigger holds no place of a worker', async () => {
	const ids: string[] = [];
	for (let index = 0; index < 20; index++) ids.push(await converse(`chat ${index}`));
	const texts = Array.from({ length: 5 }, (_, index) => `${index}`);
	await Promise.all(
		ids.map(async (id) => {
			for (const text of texts) await n8n.agent.say(id, text);
			await n8n.agent.end(id);
		}),
	);
	for (const id of ids) {
		await answers.find({ conversationId: id, event: 'conversation_ended' });
		expect(textsOf(answers, id)).toEqual(texts);
		expect(textsOf(triggered, id)).toEqual([]);
	}
}, 180_000);
