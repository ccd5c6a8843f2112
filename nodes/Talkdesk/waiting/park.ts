import {
	N8N_NODES_API_VERSION,
	sleep,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type IWebhookDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { z } from 'zod';

import { RETRY_MS } from './eventOrder';
import { callResumeUrl, isN8nReachable, restartWebhook, resumeUrlOf } from './callResumeUrl';
import { isAloneInN8n } from '../sessions/processRole';

/**
 * Executions that wait for another execution without a worker: docs/decisions/0035.
 *
 * n8n limits how many executions run at the same time. If all of them wait for others, the others never start.
 */

/** The items of each output. */
type Outputs = INodeExecutionData[][];

/** Milliseconds before an execution is parked. Most busy executions finish sooner. */
const KEEP_MS = 1_000;
/** The same if n8n is one process. By default it has no limit, so waking an execution costs more than waiting. */
const KEEP_ALONE_MS = 5_000;
/** Milliseconds until n8n wakes a parked execution itself, if its work has begun. Longer than an event is offered. */
const MAX_PARKED_MS = 300_000;
/** Bytes of files in the memory of n8n that an execution may be woken with: n8n refuses a call of more than 16 MB. */
const MAX_INLINE_BYTES = 10_000_000;

const PARKED_PATH = 'talkdesk-parked';

/** Wakes an execution that is parked. */
export const parkedWebhook: IWebhookDescription = {
	...restartWebhook(PARKED_PATH),
	ndvHideMethod: true,
	ndvHideUrl: true,
};

/**
 * Waits for work and returns its outputs. If it takes long, the execution waits without a worker.
 *
 * @param work goes on in this process while the execution waits
 * @param fallback output if the process ends before the work does, or if the work fails after parking
 * @param maxDelayMs milliseconds after which the work begins at the latest
 * @throws what the work throws, while the execution has not been parked
 */
export async function outputOrPark(
	functions: IExecuteFunctions,
	work: Promise<Outputs>,
	fallback: Outputs,
	maxDelayMs: () => number,
): Promise<Outputs> {
	const keepMs = isAloneInN8n() ? KEEP_ALONE_MS : KEEP_MS;
	do {
		if (!(await takesLonger(work, keepMs)) || !canPark(fallback)) return await work;
		// A parked execution could not be woken.
	} while (!isN8nReachable());
	const url = resumeUrlOf(functions, PARKED_PATH);
	const data = functions.getExecuteData();
	data.data = { main: fallback };
	data.metadata = { ...data.metadata, forwardAllOutputs: true };
	await functions.putExecutionToWait(new Date(Date.now() + MAX_PARKED_MS + maxDelayMs()));
	void wakeAfter(functions, work, { url, fallback });
	return fallback.map(() => []);
}

/** @throws what the work throws */
async function takesLonger(work: Promise<unknown>, ms: number): Promise<boolean> {
	const timer = new AbortController();
	const isTooLong = sleep(ms, timer.signal).then(
		() => true,
		() => false,
	);
	return await Promise.race([work.then(() => false), isTooLong]).finally(() => timer.abort());
}

/** Whether n8n puts out all outputs of an execution that it wakes, as from 2.39 on, and takes so many bytes. */
function canPark(outputs: Outputs): boolean {
	const files = outputs.flat().flatMap(({ binary }) => Object.values(binary ?? {}));
	const bytes = files.reduce((sum, { id, data }) => sum + (id ? 0 : data.length), 0);
	return N8N_NODES_API_VERSION !== undefined && bytes <= MAX_INLINE_BYTES;
}

async function wakeAfter(
	functions: IExecuteFunctions,
	work: Promise<Outputs>,
	{ url, fallback }: { url: string; fallback: Outputs },
): Promise<void> {
	const outputs = await work.catch((error: unknown) => {
		functions.logger.error(`${functions.getNode().name}: ${String(error)}`);
		return fallback;
	});
	const until = Date.now() + MAX_PARKED_MS;
	const body: IDataObject = { outputs };
	while (Date.now() < until) {
		const result = await callResumeUrl(functions, url, body);
		// It is `gone` also if an earlier answer was lost, or if a user has stopped the execution.
		if (typeof result === 'object' || result === 'gone') return;
		await sleep(RETRY_MS);
	}
}

const isItem = (value: unknown): value is INodeExecutionData =>
	z.object({ json: z.record(z.unknown()) }).safeParse(value).success;
const outputsSchema = z.object({ outputs: z.array(z.array(z.custom<INodeExecutionData>(isItem))) });

/**
 * Wakes an execution that is parked, with what it puts out.
 *
 * @returns undefined if this is a call of something else
 */
export function wakeParked(functions: IWebhookFunctions): IWebhookResponseData | undefined {
	if (!functions.getRequestObject().path.endsWith(`/${PARKED_PATH}`)) return undefined;
	const call = outputsSchema.safeParse(functions.getBodyData()).data;
	if (call) return { webhookResponse: { accepted: true }, workflowData: call.outputs };
	functions.getResponseObject().status(400).json({ accepted: false });
	return { noWebhookResponse: true };
}
