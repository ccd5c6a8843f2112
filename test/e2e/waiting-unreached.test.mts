import { setTimeout as sleep } from 'node:timers/promises';

import { node, post, set, webhook, type TriggerSink } from './small-workflows.mts';
import type { Sink } from './sink.mts';
import { startWorkflowsBehindProxy, type WorkflowsBehindProxy } from './unreliableProxy.mts';

jest.setTimeout(240_000);

let n8n: WorkflowsBehindProxy;
/** What has left the trigger, and what waiting executions have gone on with. */
let triggered: TriggerSink;
let answers: Sink;

beforeAll(async () => {
	n8n = await startWorkflowsBehindProxy();
	answers = await n8n.sink();
	const row = [n8n.start(), n8n.wait('Ask'), post('Answer', answers.url)];
	const onward = set('Go on', "={{ $('Ask').item.json }}");
	await n8n.publishRow([webhook('ask', 'onReceived'), ...row, onward], 'Ask');
	// Longer than an event is offered to an execution that is busy.
	const rest = node('Rest', 'n8n-nodes-base.wait', 1.1, { amount: 130, unit: 'seconds' });
	await n8n.publishRow([webhook('rest', 'onReceived'), ...row, rest, onward], 'Ask');
	triggered = await n8n.listen();
});

afterAll(async () => {
	await n8n?.stop();
}, 30_000);

it('after a message that could not reach n8n, the next ones reach the execution that waits', async () => {
	const id = await n8n.startBy('ask');
	await n8n.agent.say(id, 'One');
	await answers.find({ conversationId: id, text: 'One' });
	n8n.proxy.isDown = true;
	await n8n.agent.say(id, 'Two');
	const two = await triggered.find({ conversationId: id, text: 'Two' });
	expect(two).toMatchObject({ undelivered: true });
	await n8n.agent.say(id, 'Three');
	const three = await triggered.find({ conversationId: id, text: 'Three' });
	expect(three).toMatchObject({ undelivered: true });
	n8n.proxy.isDown = false;
	await n8n.agent.say(id, 'Four');
	await answers.find({ conversationId: id, text: 'Four' });
	await n8n.agent.end(id);
	await answers.find({ conversationId: id, event: 'conversation_ended' });
	expect(answers.textsOf(id)).toEqual(['One', 'Four']);
	expect(triggered.textsOf(id)).toEqual(['Two', 'Three']);
});

it('an execution that was busy for longer than an event is offered gets the next ones, and learns of an end', async () => {
	const [id, endedId] = [await n8n.startBy('rest'), await n8n.startBy('rest')];
	for (const one of [id, endedId]) await n8n.agent.say(one, 'One');
	await answers.find({ conversationId: id, text: 'One' });
	await answers.find({ conversationId: endedId, text: 'One' });
	await n8n.agent.say(id, 'Two');
	await n8n.agent.end(endedId);
	await sleep(110_000);
	const two = await triggered.find({ conversationId: id, text: 'Two' });
	expect(two).toMatchObject({ undelivered: true });
	const end = await triggered.find({ conversationId: endedId, event: 'conversation_ended' });
	expect(end).toMatchObject({ undelivered: true });
	// It may come while the execution still rests.
	await sleep(15_000);
	await n8n.agent.say(id, 'Three');
	await answers.find({ conversationId: id, text: 'Three' });
	await answers.find({ conversationId: endedId, event: 'conversation_ended' });
	expect(answers.textsOf(id)).toEqual(['One', 'Three']);
	expect(triggered.textsOf(id)).toEqual(['Two']);
});
