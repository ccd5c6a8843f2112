import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { z } from 'zod';

import { getAttachment } from '../api/attachments';
import { talkdeskClient, type TalkdeskClient } from '../api/client';
import { downloadFile } from '../files/download';
import type { FilePolicy } from '../files/policy';
import { enqueue, MAX_WAIT_MS, type Ticket } from '../collections/orderedQueue';
import { dropDuplicates, type ReceivedEvent } from '../deduplication/dropDuplicates';
import { noteExecution } from '../sessions/processRole';
import { describeShape } from '../text/bodyShape';
import { resumeExecution } from '../waiting/resumeExecution';
import { outputOrPark } from '../waiting/park';
import { isForExecutions } from '../waiting/wait';
import { readCallOrder, type CallOrder } from './callOrder';
import { isFirstOfAgent } from './agentJoined';
import { EVENTS } from './event/parse';
import { findSession } from './findSession';

/** An attachment of an event, as `parseEvent` gives it. */
const attachmentsSchema = z
	.array(
		z.object({
			id: z.string().optional(),
			name: z.string().optional(),
			type: z.string().optional(),
			size: z.number().optional(),
		}),
	)
	.catch([]);

export interface TriggerOptions {
	downloadAttachments: boolean;
	ignoreDuplicates: boolean;
	findSession: boolean;
	includeBodyShape: boolean;
	/** Which files may pass; none if the options for that are wrong. */
	policy: FilePolicy | { problem: string };
	/** What is wrong with the options, for the user. */
	problems: string[];
}

/**
 * Puts every event on its output: one for each chosen event, in the order of `EVENTS`. Drops duplicates, finds sessions and
 * downloads the files of messages, as the options say.
 *
 * An event that fails here is recorded as processed; n8n's Retry delivers it, since duplicates pass in a retried execution.
 */
export async function executeTrigger(
	this: IExecuteFunctions,
	options: TriggerOptions,
): Promise<INodeExecutionData[][]> {
	noteExecution(this.getMode());
	const parameter: unknown = this.getNodeParameter('events', 0);
	const chosen = EVENTS.filter((event) => Array.isArray(parameter) && parameter.includes(event));
	for (const message of options.problems) {
		this.logger.warn(`${this.getNode().name}: ${message}`);
		this.addExecutionHints({ message, type: 'warning', location: 'outputPane' });
	}
	// The events of a conversation resume executions in their order, so they queue before anything is awaited.
	const queued = this.getInputData().map(
		({ json: { callOrder: noted, ...json }, ...item }, index) => {
			const callOrder = readCallOrder(noted, this.getExecutionId(), index);
			const ticket = enqueue(`events of ${String(json.conversationId)}`, callOrder.order);
			return { item: { ...item, json }, noted, callOrder, ticket };
		},
	);
	const release = () => {
		for (const { ticket } of queued) ticket.release();
	};
	const outputsOf = (all: INodeExecutionData[]) =>
		chosen.map((event) => all.filter(({ json }) => json.event === event));
	let prepared;
	try {
		const fresh = options.ignoreDuplicates ? await dropDuplicates(this, queued) : queued;
		// What isn't handed over holds up no other event of its conversation.
		const mayBeOffered = (event: (typeof queued)[number]) =>
			fresh.includes(event) && options.findSession && isForExecutions(event.item.json);
		for (const event of queued) if (!mayBeOffered(event)) event.ticket.release();
		prepared = await Promise.all(
			fresh.map(async (event) => {
				const context = await addContext(this, event, options);
				if (!context.mayResume) event.ticket.release();
				return { ...event, ...context };
			}),
		);
	} finally {
		if (!prepared) release();
	}
	const leftOver = Promise.all(
		prepared.map(async (event) => (event.mayResume ? await resumeInTurn(this, event) : event.item)),
	);
	return await outputOrPark(
		this,
		leftOver.then((remaining) => outputsOf(remaining.filter((item) => item !== undefined))),
		outputsOf(prepared.map(({ item }) => withOutcome(item, OUTCOMES.unconfirmed))),
		() => Math.max(...queued.map(({ ticket }) => ticket.ahead())) * MAX_WAIT_MS,
	);
}

/** An event in the queue of its conversation. */
interface QueuedEvent extends ReceivedEvent {
	callOrder: CallOrder;
	ticket: Ticket;
}

/**
 * The item with its session, whether an agent joins, and its files, as far as the options want them.
 *
 * @returns the item, and whether an execution that waits may get the event
 */
async function addContext(
	functions: IExecuteFunctions,
	{ item, noted }: ReceivedEvent,
	{ downloadAttachments, findSession: wantsSession, includeBodyShape, policy }: TriggerOptions,
): Promise<{ item: INodeExecutionData; mayResume: boolean }> {
	const session = wantsSession
		? await sessionErrorOr(functions, async () => await findSession(functions, item.json, noted))
		: {};
	const agentJoined = await isFirstOfAgent(functions, item.json, noted);
	const { raw, ...event } = item.json;
	const json = {
		...event,
		...session,
		...(agentJoined !== undefined && { agentJoined }),
		...(includeBodyShape && { bodyShape: describeShape(raw) }),
		raw,
	};
	const withoutFiles = { ...item, json };
	const complete = downloadAttachments
		? await addFiles(functions, withoutFiles, policy)
		: withoutFiles;
	return {
		item: complete,
		mayResume: wantsSession && isForExecutions(json) && !('sessionError' in session),
	};
}

/**
 * Resumes the execution that waits for an event, after the earlier ones of its conversation.
 *
 * @returns undefined if it was taken
 */
async function resumeInTurn(
	functions: IExecuteFunctions,
	{ item, callOrder, ticket }: QueuedEvent,
): Promise<INodeExecutionData | undefined> {
	try {
		const signal = functions.getExecutionCancelSignal();
		await ticket.acquire(signal);
		const outcome = await sessionErrorOr(
			functions,
			async () =>
				await resumeExecution(functions, item, callOrder, async () => await ticket.giveWay(signal)),
		);
		if (outcome === 'taken') return undefined;
		return withOutcome(item, typeof outcome === 'object' ? outcome : OUTCOMES[outcome]);
	} finally {
		ticket.release();
	}
}

const withOutcome = (item: INodeExecutionData, more: IDataObject): INodeExecutionData => ({
	...item,
	json: { ...item.json, ...more },
});

/** What the output says of an event that no execution has taken. */
const OUTCOMES = {
	unwanted: {},
	undelivered: { undelivered: true },
	unconfirmed: { undelivered: true, outcomeUnknown: true },
};

/**
 * Reads the session store. If that fails, the execution fails too, and n8n's Retry delivers the event. With *On Error:
 * Continue*, the result is the reason, and the event keeps its own output: n8n would use the first one.
 */
async function sessionErrorOr<Result>(
	functions: IExecuteFunctions,
	ask: () => Promise<Result>,
): Promise<Result | { sessionError: string }> {
	return await ask().catch((error: unknown) => {
		if (!functions.continueOnFail()) throw error;
		return { sessionError: error instanceof Error ? error.message : String(error) };
	});
}

/** The item with the files of its attachments. An attachment that can't be downloaded has an `error` instead. */
async function addFiles(
	functions: IExecuteFunctions,
	item: INodeExecutionData,
	policy: TriggerOptions['policy'],
): Promise<INodeExecutionData> {
	const listed = attachmentsSchema.parse(item.json.attachments);
	const binary: IBinaryKeyData = { ...item.binary };
	const attachments: IDataObject[] = [];
	for (const [index, attachment] of listed.entries()) {
		const { id } = attachment;
		const field = `attachment_${index}`;
		try {
			if ('problem' in policy) throw new Error(policy.problem);
			if (!id) throw new Error('Talkdesk gave no id for it.');
			const context = { client: await talkdeskClient(functions), functions };
			const known = attachment.name && attachment.type ? undefined : await describe(context, id);
			const complete = { name: known?.name ?? field, ...known, ...attachment, id };
			binary[field] = await downloadFile(context, complete, { policy });
			attachments.push({ ...complete, field });
		} catch (error) {
			attachments.push({
				...attachment,
				error: error instanceof Error ? error.message : String(error),
			});
		}
	}
	return { ...item, json: { ...item.json, attachments }, binary };
}

async function describe({ client }: { client: TalkdeskClient }, id: string) {
	const { name, type, size } = await getAttachment(client, id);
	return { name, type, size };
}
