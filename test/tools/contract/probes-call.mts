import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

import { ATTACHMENTS, idOf } from './created.mts';
import { authorWord, eventOf, eventWord, isAction, type Call } from './calls.mts';
import { isSuccess, newKey, startBody, type Context } from './probe.mts';
import { messagesOf } from './probes-message.mts';
import type { Receiver } from './receiver.mts';

/** What a person does at the desk, or the check itself. */
export interface Step {
	name: string;
	/** For the person at the desk; empty if there is nothing to do. */
	instruction: string;
	/** The call that is expected. */
	isExpected: (call: Call) => boolean;
}

/** The receiver, and the person at the agent's desk. */
export interface Listening {
	receiver: Receiver;
	/** Shows a step. @returns whether it was done; false if it was skipped */
	perform(step: Step): Promise<boolean>;
	/** How long to wait for more calls after a step. */
	settleMs: number;
}

const isEvent = (event: string) => (call: Call) => eventOf(call)?.event === event;
const never = () => false;

const DESK_STEPS: Step[] = [
	{
		name: 'accept',
		instruction: 'As an agent, accept the conversation “Contract check”. Write nothing yet.',
		isExpected: isEvent('conversation_started'),
	},
	{
		name: 'answer',
		instruction: 'Write a message of a few words to the customer.',
		isExpected: isEvent('message_created'),
	},
	{
		name: 'file',
		instruction: 'Send a small picture or PDF to the customer, without text.',
		isExpected: (call) => (eventOf(call)?.attachments.length ?? 0) > 0,
	},
	{
		name: 'transfer',
		instruction: 'Transfer the conversation to another agent, who writes a message.',
		isExpected: isEvent('message_created'),
	},
	{
		name: 'end',
		instruction: 'End the conversation at the desk.',
		isExpected: isEvent('conversation_ended'),
	},
	{
		name: 'reopen',
		instruction: 'Reopen that conversation, if the desk can, and write a message.',
		isExpected: isEvent('message_created'),
	},
	{
		name: 'open',
		instruction: 'Open a new conversation with any test contact on the same touchpoint.',
		isExpected: isEvent('conversation_started'),
	},
];

/**
 * Goes through the steps at the desk, and judges the calls that came.
 *
 * @param signal aborted: the steps end
 */
export async function probeCalls(
	context: Context,
	listening: Listening,
	signal: AbortSignal,
): Promise<void> {
	const { api, created } = context;
	const { receiver, settleMs } = listening;
	const done = new Set<string>();
	const settle = async () => await sleep(settleMs, undefined, { signal });
	const perform = async (step: Step) => {
		receiver.setStep(step.name);
		if (await listening.perform(step)) done.add(step.name);
		signal.throwIfAborted();
		await settle();
	};
	const write = async (id: string) =>
		await api.call('POST', messagesOf(id), {
			body: { content: 'Contract check: the customer writes' },
			key: newKey(context),
		});
	const start = async () => idOf(await created.start(startBody(context), { key: newKey(context) }));

	await perform({ name: 'prepare', instruction: '', isExpected: never });
	receiver.setStep('start');
	const id = await start();
	if (id === undefined) return;
	await write(id);
	await settle();
	for (const step of DESK_STEPS) {
		await perform(step);
		if (step.name !== 'answer') continue;
		receiver.setStep('customer');
		await write(id);
		await settle();
	}
	receiver.setStep('end by the API');
	const second = await start();
	if (second !== undefined) await created.end(second);
	await settle();
	await judge(context, receiver.calls, { id, second, done });
}

const envelopeSchema = z.object({
	event_type: z.string(),
	conversation_id: z.union([z.string(), z.number()]),
	timestamp: z.string(),
});
const messageSchema = envelopeSchema.extend({
	payload: z.object({ content: z.string(), author: z.object({ type: z.string() }) }),
});

const count = (calls: Call[]) => `${calls.length} calls`;
const words = (values: Array<string | undefined>) =>
	[...new Set(values.map((value) => value ?? 'none'))].join(', ') || 'none';

async function judge(
	{ api, findings }: Context,
	all: Call[],
	{ id, second, done }: { id: string; second: string | undefined; done: Set<string> },
): Promise<void> {
	const calls = all.filter(isAction);
	const ofStep = (name: string, event?: string) =>
		calls.filter((call) => call.step === name && (!event || eventOf(call)?.event === event));
	const of = (conversation: string | undefined) => (call: Call) =>
		eventOf(call)?.conversationId === conversation;
	const messages = calls.filter(isEvent('message_created'));
	/** The verdict if nothing came of a step. */
	const ifNone = (step: string) => (done.has(step) ? false : 'unclear');
	/** Records a finding if there was anything to look at. */
	const judgeEach = (
		assumption: Parameters<typeof findings.record>[0],
		looked: Call[],
		isGood: (call: Call) => boolean,
		seen: string,
	) =>
		findings.record(
			assumption,
			looked.length === 0 ? 'unclear' : looked.every(isGood),
			looked.length === 0 ? 'no such call came' : seen,
		);

	judgeEach(
		'call.form',
		calls,
		({ method, headers, body }) =>
			method === 'POST' &&
			/^application\/json\b/.test(headers['content-type'] ?? '') &&
			typeof body === 'object',
		count(calls),
	);
	judgeEach(
		'call.envelope',
		calls,
		(call) =>
			(isEvent('message_created')(call) ? messageSchema : envelopeSchema).safeParse(call.body)
				.success,
		`${count(calls)}, event_type: ${words(calls.map(eventWord))}`,
	);
	const named = calls.filter((call) => eventWord(call) !== undefined);
	judgeEach(
		'call.event',
		named,
		(call) => eventWord(call)?.toLowerCase() === call.action,
		words(named.map((call) => `${eventWord(call)} at ${call.action}`)),
	);
	const others = all.length - calls.length;
	findings.record('call.others', all.length === 0 ? 'unclear' : others === 0, `${others} others`);

	const byAgent = ofStep('answer', 'message_created').filter(of(id));
	const kinds = byAgent.map((call) => eventOf(call)?.author?.kind);
	findings.record(
		'call.author',
		byAgent.some((call) => authorWord(call) !== undefined) ? kinds.includes('agent') : 'unclear',
		`author type: ${words(byAgent.map(authorWord))}; in all steps: ${words(messages.map(authorWord))}`,
	);
	const echoes = [...ofStep('start'), ...ofStep('customer')].filter(isEvent('message_created'));
	const isEcho = (call: Call) => /Contract check: the customer/.test(eventOf(call)?.text ?? '');
	findings.record(
		'call.echo',
		calls.length === 0 ? 'unclear' : !echoes.some(isEcho),
		`${echoes.filter(isEcho).length} of 2; other messages meanwhile: ${echoes.filter((call) => !isEcho(call)).length}`,
	);
	const repeated = calls.length - new Set(calls.map(({ digest }) => digest)).size;
	findings.record(
		'call.once',
		calls.length === 0 ? 'unclear' : repeated === 0,
		`${repeated} repeated of ${calls.length}`,
	);
	const times = calls.filter(of(id)).map((call) => Date.parse(eventOf(call)?.timestamp ?? ''));
	findings.record(
		'call.order',
		times.length < 2
			? 'unclear'
			: times.every((time, at) => at === 0 || time >= (times[at - 1] ?? 0)),
		`${times.length} calls of one conversation`,
	);
	const ids = new Map(messages.map((call) => [call.digest, eventOf(call)?.messageId]));
	const known = [...ids.values()].filter((each) => each !== undefined);
	findings.record(
		'call.message-id',
		messages.length === 0
			? 'unclear'
			: known.length === ids.size && new Set(known).size === known.length,
		`${known.length} of ${ids.size} messages`,
	);

	const file = ofStep('file').flatMap((call) => eventOf(call)?.attachments ?? [])[0];
	if (!file) findings.record('call.file', ifNone('file'), 'no file came');
	else if (file.id === undefined) findings.record('call.file', false, 'no ID');
	else {
		const path = `${ATTACHMENTS}/${encodeURIComponent(file.id)}/download-link`;
		const answer = await api.call('GET', path);
		const fields = Object.keys(file).join(', ');
		findings.record('call.file', isSuccess(answer), `${fields}; download link: ${answer.status}`);
	}

	const startedAt = calls
		.filter(isEvent('conversation_started'))
		.filter((call) => of(id)(call) || of(second)(call))
		.map(({ step }) => step);
	const isEarly = startedAt.some((step) => ['start', 'end by the API'].includes(step));
	findings.record(
		'call.started',
		isEarly ? false : startedAt.length > 0 || ifNone('accept'),
		`conversation_started at: ${words(startedAt)}`,
	);
	const opened = ofStep('open', 'conversation_started').filter((call) => !of(id)(call));
	findings.record(
		'call.started-by-agent',
		opened.length > 0 || ifNone('open'),
		`in that step: ${words(ofStep('open').map(({ action }) => action))}`,
	);
	const ended = ofStep('end', 'conversation_ended').filter(of(id));
	findings.record('call.ended', ended.length > 0 || ifNone('end'), count(ended));
	const byApi = calls.filter(isEvent('conversation_ended')).filter(of(second));
	findings.record(
		'call.ended-by-api',
		second === undefined || calls.length === 0 ? 'unclear' : byApi.length > 0,
		count(byApi),
	);
	const reopened = ofStep('reopen', 'message_created');
	findings.record(
		'call.reopened',
		reopened.length === 0 ? ifNone('reopen') : reopened.every(of(id)),
		count(reopened),
	);
}
