import { setTimeout as sleep } from 'node:timers/promises';

import { body, node, post, set, webhook, type TriggerSink } from './small-workflows.mts';
import type { Sink } from './sink.mts';
import { SEND_ROUTE } from './refuseNext.mts';
import { startWorkflowsBehindProxy, type WorkflowsBehindProxy } from './unreliableProxy.mts';

jest.setTimeout(90_000);

let n8n: WorkflowsBehindProxy;
/** What has left the trigger, and what waiting executions have gone on with. */
let triggered: TriggerSink;
let answers: Sink;
let askId: string;
let slowId: string;
let busyId: string;
let waitId: string;
let unluckyId: string;

beforeAll(async () => {
	// Far from UTC: a time that is read in the server's zone would be hours off.
	n8n = await startWorkflowsBehindProxy({ TZ: 'Asia/Kolkata' });
	answers = await n8n.sink();
	const start = n8n.start();
	const ask = n8n.wait('Ask');
	const answer = post('Answer', answers.url);
	askId = await n8n.publishRow([webhook('ask', 'onReceived'), start, ask, answer]);
	// The item that comes back to the node is no event, as after many nodes.
	const back = set('Go on', "={{ { conversationId: $('Start').item.json.conversationId } }}");
	await n8n.publishRow([webhook('loop', 'onReceived'), start, ask, answer, back], 'Ask');
	const pause = node('Pause', 'n8n-nodes-base.wait', 1.1, { amount: 8, unit: 'seconds' });
	const onward = set('Go on', "={{ $('Ask').item.json }}");
	const slow = [webhook('slow', 'onReceived'), start, pause, ask, answer, onward];
	slowId = await n8n.publishRow(slow, 'Ask');
	const rest = node('Rest', 'n8n-nodes-base.wait', 1.1, { amount: 4, unit: 'seconds' });
	const busy = [webhook('busy', 'onReceived'), start, ask, answer, rest, onward];
	busyId = await n8n.publishRow(busy, 'Ask');
	const askGiven = n8n.wait('Ask', { conversationId: body('conversationId') });
	waitId = await n8n.publishRow([webhook('wait', 'onReceived'), askGiven, answer]);
	const values = { limitType: 'afterTimeInterval', resumeAmount: 0.1, resumeUnit: 'minutes' };
	const askLimited = n8n.wait('Ask', { options: { limitWaitTime: { values } } });
	await n8n.publishRow([webhook('limited', 'onReceived'), start, askLimited, answer]);
	const question = n8n.wait('Ask', { text: 'May I?', options: { maxRetries: 0 } });
	unluckyId = await n8n.publishRow([webhook('unlucky', 'onReceived'), start, question, answer]);
	const doubtful = n8n.wait('Ask', {
		text: 'May I?',
		options: { maxRetries: 0, ifOutcomeUnknown: 'report', attachmentIds: 'never-uploaded' },
	});
	await n8n.publishRow([webhook('doubtful', 'onReceived'), start, doubtful, answer]);
	const patient = n8n.wait('Ask', {
		options: { limitWaitTime: { values: { ...values, resumeAmount: 1.1 } } },
	});
	await n8n.publishRow([webhook('patient', 'onReceived'), start, patient, answer, onward], 'Ask');
	triggered = await n8n.listen({ downloadAttachments: true });
}, 180_000);

afterAll(async () => {
	await n8n?.stop();
}, 30_000);

afterEach(() => n8n.environment.talkdesk.configure({ faults: () => undefined }));

/** The texts of a conversation, and its other events, without its start. */
const ofConversation = (sink: Sink, conversationId: string) =>
	sink
		.of(conversationId)
		.filter(({ event }) => event !== 'conversation_started')
		.map(({ event, text }) => text ?? event);

/** The executions of a workflow that wait. */
const waiting = async (workflowId: string) =>
	(await n8n.environment.n8n.api.executions({ workflowId })).filter(
		({ status }) => status === 'waiting',
	);
async function untilWaiting(workflowId: string, count: number) {
	for (let attempt = 0; attempt < 100; attempt++) {
		if ((await waiting(workflowId)).length === count) return;
		await sleep(200);
	}
	throw new Error(`${(await waiting(workflowId)).length} wait, not ${count}`);
}

it('an answer that is lost on the way: the reply is delivered once', async () => {
	const id = await n8n.startBy('ask');
	await untilWaiting(askId, 1);
	n8n.proxy.loseAnswers = 1;
	await n8n.agent.say(id, 'Yes');
	await answers.find({ conversationId: id });
	await n8n.agent.say(id, 'Later');
	await triggered.find({ conversationId: id, text: 'Later' });
	expect(n8n.proxy.lost).toHaveLength(1);
	expect(ofConversation(answers, id)).toEqual(['Yes']);
	expect(ofConversation(triggered, id)).toEqual(['Later']);
});

it('answers that are lost in a loop: each event is delivered once, in order', async () => {
	const id = await n8n.startBy('loop');
	await n8n.agent.say(id, 'Zero');
	await answers.find({ conversationId: id, text: 'Zero' });
	n8n.proxy.loseAnswers = 2;
	for (const text of ['One', 'Two', 'Three']) await n8n.agent.say(id, text);
	await n8n.agent.end(id);
	await answers.find({ conversationId: id, event: 'conversation_ended' });
	expect(n8n.proxy.loseAnswers).toBe(0);
	expect(ofConversation(answers, id)).toEqual([
		'Zero',
		'One',
		'Two',
		'Three',
		'conversation_ended',
	]);
	expect(ofConversation(triggered, id)).toEqual([]);
	// The URL is a secret, and goes with the end.
	for (let attempt = 0; attempt < 50 && (await resumeUrlOf(id)) !== ''; attempt++) await sleep(200);
	expect(await resumeUrlOf(id)).toBe('');
});

it('an answer that is lost to an event to which Talkdesk gives neither ID nor time: it is delivered once', async () => {
	const id = await n8n.startBy('loop');
	n8n.proxy.loseAnswers = 1;
	await n8n.environment.talkdesk.deliver('local-touchpoint', 'message_created', {
		event_type: 'MESSAGE_CREATED',
		conversation_id: id,
		payload: { content: 'Nameless', author: { type: 'AGENT' } },
	});
	await answers.find({ conversationId: id, text: 'Nameless' });
	await n8n.agent.say(id, 'Named');
	await answers.find({ conversationId: id, text: 'Named' });
	expect(n8n.proxy.loseAnswers).toBe(0);
	expect(ofConversation(answers, id)).toEqual(['Nameless', 'Named']);
	expect(ofConversation(triggered, id)).toEqual([]);
});

async function resumeUrlOf(conversationId: string): Promise<unknown> {
	const rows = await n8n.environment.n8n.api.dataTableRows('talkdesk_conversations');
	return rows.find((row) => row.conversationId === conversationId)?.resumeUrl;
}

it('events before the wait begins are not lost, nor is an end', async () => {
	const id = await n8n.startBy('slow');
	await n8n.agent.say(id, 'Early');
	await n8n.agent.say(id, 'Also early');
	await n8n.agent.end(id);
	await answers.find({ conversationId: id, event: 'conversation_ended' });
	await sleep(1000);
	expect(ofConversation(answers, id)).toEqual(['Early', 'Also early', 'conversation_ended']);
	expect(ofConversation(triggered, id)).toEqual([]);
});

it('a canceled execution gets nothing more: the event leaves the trigger', async () => {
	const id = await n8n.startBy('ask');
	await untilWaiting(askId, 1);
	const [execution] = await waiting(askId);
	await n8n.environment.n8n.api.stopExecution(execution?.id ?? '');
	await n8n.agent.say(id, 'Anybody?');
	const event = await triggered.find({ conversationId: id, text: 'Anybody?' });
	expect(event.undelivered).toBe(true);
	expect(ofConversation(answers, id)).toEqual([]);
});

// n8n 2.36 puts out the first output only.
const itOnNewest = process.env.N8N_FOR_TESTS === 'oldest' ? it.skip : it;
itOnNewest(
	'a trigger that waits for an execution holds no place of a worker, and puts the event out after all',
	async () => {
		const id = await n8n.startBy('slow');
		const all = await n8n.environment.n8n.api.executions({ workflowId: slowId });
		const execution = all.find(({ mode, status }) => mode === 'webhook' && status === 'running');
		await n8n.agent.say(id, 'Anybody?');
		await untilWaiting(triggered.workflowId, 1);
		await n8n.environment.n8n.api.stopExecution(execution?.id ?? '');
		const event = await triggered.messages.find({ conversationId: id, text: 'Anybody?' });
		expect(event).toMatchObject({ undelivered: true, sessionId: n8n.lastSession() });
		// Two nodes report it, one after the other.
		await triggered.find({ conversationId: id, text: 'Anybody?' });
		expect(ofConversation(triggered, id)).toEqual(['Anybody?']);
		expect(ofConversation(answers, id)).toEqual([]);
		await untilWaiting(triggered.workflowId, 0);
	},
);

it('n8n may be restarted while an execution waits', async () => {
	const id = await n8n.startBy('ask');
	await untilWaiting(askId, 1);
	await n8n.environment.n8n.restart();
	await n8n.agent.say(id, 'After it');
	await answers.find({ conversationId: id, text: 'After it' });
	expect(ofConversation(triggered, id)).toEqual([]);
}, 120_000);

it('a newer execution takes the place of the one that waits, which ends', async () => {
	const id = await n8n.startBy('ask');
	await untilWaiting(askId, 1);
	await n8n.call('wait', { conversationId: id });
	await untilWaiting(askId, 0);
	await untilWaiting(waitId, 1);
	await n8n.agent.say(id, 'Hello');
	await answers.find({ conversationId: id, text: 'Hello' });
	await n8n.agent.say(id, 'Late');
	await triggered.find({ conversationId: id, text: 'Late' });
	expect(ofConversation(answers, id)).toEqual(['Hello']);
});

it('an execution that was busy when a newer one took its place ends as soon as it would wait again', async () => {
	const id = await n8n.startBy('busy');
	await untilWaiting(busyId, 1);
	await n8n.agent.say(id, 'First');
	await answers.find({ conversationId: id, text: 'First' });
	await n8n.call('wait', { conversationId: id });
	const isOver = async () =>
		(await n8n.environment.n8n.api.executions({ workflowId: busyId })).every(
			({ status }) => status === 'success',
		);
	for (let tries = 0; tries < 100 && !(await isOver()); tries++) await sleep(200);
	expect(await isOver()).toBe(true);
	await n8n.agent.say(id, 'Second');
	await answers.find({ conversationId: id, text: 'Second' });
	expect(ofConversation(answers, id)).toEqual(['First', 'Second']);
});

it('an execution that has failed and is retried gets the reply', async () => {
	const { talkdesk } = n8n.environment;
	talkdesk.configure({
		faults: ({ route }) =>
			route.endsWith('/messages')
				? { kind: 'unavailable', status: 503, when: 'before' }
				: undefined,
	});
	const id = await n8n.startBy('unlucky');
	const { api } = n8n.environment.n8n;
	const ofIt = { workflowId: unluckyId };
	const failed = await api.waitForExecution(({ status }) => status === 'error', 20_000, ofIt);
	talkdesk.configure({ faults: () => undefined });
	await api.retryExecution(failed.id);
	await untilWaiting(unluckyId, 1);
	await n8n.agent.say(id, 'You may');
	await answers.find({ conversationId: id, text: 'You may' });
	expect(ofConversation(triggered, id)).toEqual([]);
});

it('what became of the message and its files comes with the next event', async () => {
	n8n.environment.talkdesk.configure({
		faults: ({ route }) => (route === SEND_ROUTE ? { kind: 'cut', when: 'after' } : undefined),
	});
	const id = await n8n.startBy('doubtful');
	await n8n.environment.talkdesk.waitFor(
		() => n8n.environment.talkdesk.conversation(id)?.messages.length === 1,
		{ what: 'the message', timeoutMs: 20_000 },
	);
	n8n.environment.talkdesk.configure({ faults: () => undefined });
	await n8n.agent.say(id, 'Yes');
	expect(await answers.find({ conversationId: id })).toMatchObject({
		text: 'Yes',
		sentMessage: {
			outcomeUnknown: true,
			attachments: [{ name: 'never-uploaded', outcome: 'failed', error: expect.any(String) }],
		},
	});
});

it('files come with the message', async () => {
	const id = await n8n.startBy('ask');
	await untilWaiting(askId, 1);
	const content = Buffer.from('The bill');
	await n8n.agent.say(id, 'Here', { files: [{ name: 'bill.txt', type: 'text/plain', content }] });
	await answers.find({ conversationId: id, text: 'Here' });
	const { api } = n8n.environment.n8n;
	const newest = (await api.executions({ workflowId: askId }))[0];
	const execution = await api.execution(newest?.id ?? '');
	expect(JSON.stringify(execution)).toContain('bill.txt');
});

it('the time is over: timeout comes out, and what comes then leaves the trigger', async () => {
	const id = await n8n.startBy('limited');
	for (let second = 0; second < 100 && ofConversation(answers, id).length === 0; second++) {
		await sleep(1000);
	}
	expect(answers.of(id)).toMatchObject([
		{ event: 'timeout', conversationId: id, sessionId: n8n.lastSession() },
	]);
	await n8n.agent.say(id, 'Too late');
	expect(await triggered.find({ conversationId: id, text: 'Too late' })).toMatchObject({
		undelivered: true,
	});
}, 150_000);

it('each wait of a loop has its own time limit', async () => {
	const id = await n8n.startBy('patient');
	// n8n sets a timer for what ends within 70 seconds, looks once a minute, and never takes a timer back.
	await sleep(61_000);
	await n8n.agent.say(id, 'First');
	await answers.find({ conversationId: id, text: 'First' });
	await sleep(10_000);
	await n8n.agent.say(id, 'Second');
	await answers.find({ conversationId: id, text: 'Second' });
	expect(ofConversation(answers, id)).toEqual(['First', 'Second']);
	expect(ofConversation(triggered, id)).toEqual([]);
}, 120_000);
