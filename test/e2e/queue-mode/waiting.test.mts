import { setTimeout as sleep } from 'node:timers/promises';

import { PROJECT_FOLDER } from '../../tools/n8n/pack.mts';
import { startQueueN8n } from '../../tools/n8n/queue.mts';
import type { Sink } from '../sink.mts';
import { post, set, startWorkflows, webhook, type SmallWorkflows } from '../small-workflows.mts';

let n8n: SmallWorkflows;
/** What has left the trigger, and what waiting executions have gone on with. */
let triggered: Sink;
let answers: Sink;

beforeAll(async () => {
	n8n = await startWorkflows({
		n8nEnv: { N8N_EXPRESSION_ENGINE: 'legacy' },
		startN8n: async (options) => await startQueueN8n({ packageFolder: PROJECT_FOLDER, ...options }),
	});
	answers = await n8n.sink();
	const answer = post('Answer', answers.url);
	const onward = set('Go on', "={{ $('Wait').item.json }}");
	await n8n.publishRow(
		[webhook('converse', 'onReceived'), n8n.start(), n8n.wait('Wait'), answer, onward],
		'Wait',
	);
	const values = { limitType: 'afterTimeInterval', resumeAmount: 0.2, resumeUnit: 'minutes' };
	const limited = n8n.wait('Wait', { options: { limitWaitTime: { values } } });
	await n8n.publishRow(
		[webhook('limited', 'onReceived'), n8n.start(), limited, answer, onward],
		'Wait',
	);
	triggered = await n8n.listen();
}, 300_000);
afterAll(async () => await n8n?.stop(), 60_000);

const converse = async (sessionId: string) => await n8n.startBy('converse', { sessionId });

it('messages at the same moment, on two workers, arrive once and in order', async () => {
	const id = await converse('together');
	await n8n.agent.say(id, 'first');
	await answers.find({ conversationId: id, text: 'first' });
	// More than the workers have places for executions.
	const texts = Array.from({ length: 12 }, (_, index) => `${index}`);
	for (const text of texts) await n8n.agent.say(id, text);
	await n8n.agent.end(id);
	await answers.find({ conversationId: id, event: 'conversation_ended' });
	expect(answers.textsOf(id)).toEqual(['first', ...texts]);
	expect(triggered.textsOf(id)).toEqual([]);
}, 90_000);

it('a message right after the start, in which another worker registers, is not lost', async () => {
	for (const sessionId of ['one', 'two', 'three']) {
		const id = await converse(sessionId);
		await n8n.agent.say(id, 'At once');
		await answers.find({ conversationId: id, text: 'At once' });
		expect(triggered.textsOf(id)).toEqual([]);
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
		expect(answers.textsOf(id)).toEqual(texts);
		expect(triggered.textsOf(id)).toEqual([]);
	}
}, 180_000);

it('the worker in which an execution waits ends it at its time limit, which each message sets anew', async () => {
	const id = await n8n.startBy('limited', { sessionId: 'limited' });
	for (const text of ['One', 'Two', 'Three']) {
		await sleep(8_000);
		await n8n.agent.say(id, text);
		await answers.find({ conversationId: id, text });
	}
	await answers.find({ conversationId: id, event: 'timeout' });
	expect(answers.of(id).map(({ text, event }) => text ?? event)).toEqual([
		'One',
		'Two',
		'Three',
		'timeout',
	]);
	expect(triggered.textsOf(id)).toEqual([]);
}, 90_000);
