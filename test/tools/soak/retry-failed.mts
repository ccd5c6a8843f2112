import { z } from 'zod';

import type { N8nApi } from '../n8n/api.mts';
import type { Execution } from '../n8n/schemas.mts';
import { canBeRetried } from '../n8n/workflows.mts';
import { isReceived, isUndelivered, type CustomerTranscript } from './arrivals.mts';
import type { CustomerRun } from './customer.mts';
import type { FailureRecorder } from './failure-recorder.mts';

/** The failed executions of the example. */
export interface FailedExecutions {
	count: number;
	/** Further ones that neither n8n's list nor the error workflow has named. */
	unlisted: number;
	/** Those for which the error workflow was called. */
	reported: number;
	/** Those of which n8n has kept nothing to retry. */
	unrecoverable: number;
	/** Those of them for which the error workflow was called. */
	unrecoverableReported: number;
	/** Those on the way to the customer, as far as n8n has kept them. */
	toCustomer: number;
	/** Those of them with an acknowledged message that has not reached the customer. */
	undelivered: number;
	/** Those of the undelivered ones for which the error workflow was called. */
	undeliveredReported: number;
	/** Texts that had reached their customers already: a retry sends them again. */
	redelivered: string[];
}

/** An event as the trigger gives it, in what n8n keeps of the input of the next node. */
const stackSchema = z.array(
	z.object({
		data: z.object({
			main: z.array(
				z
					.array(z.object({ json: z.object({ event: z.string(), text: z.string().optional() }) }))
					.nullable(),
			),
		}),
	}),
);

/** The lines of the events of an execution; undefined if it is none of the trigger. */
function linesOf({ data }: Execution): string[] | undefined {
	const stack = stackSchema.safeParse(data.executionData?.nodeExecutionStack).data;
	const events = (stack ?? []).flatMap(({ data: { main } }) =>
		main.flatMap((items) => items ?? []),
	);
	if (events.length === 0) return undefined;
	return events.flatMap(({ json: { text } }) => text ?? []);
}

/** The failed executions of a workflow. n8n before 2.41 lists a hundred of each status; the error workflow adds to them. */
async function failedIds(api: N8nApi, workflowId: string, { failures }: FailureRecorder) {
	const listed = [
		...(await api.allExecutions({ workflowId, status: 'error' })),
		...(await api.allExecutions({ workflowId, status: 'crashed' })),
	].map(({ id }) => id);
	// n8n may report one twice: when the job fails, and when the worker is back.
	const reported = new Set(
		failures.map(({ executionId }) => executionId).filter((id) => id !== 'unknown'),
	);
	const ids = [...new Set([...listed, ...reported])].sort((a, b) => Number(a) - Number(b));
	const counts = [
		await api.countExecutions(workflowId, 'error'),
		await api.countExecutions(workflowId, 'crashed'),
	];
	const unlisted = Math.max(0, counts.reduce((sum, count) => sum + count) - ids.length);
	return { ids, reported, unlisted };
}

/**
 * Retries all failed executions of a workflow, oldest first, as with the button *Retry*.
 *
 * @returns their state before
 */
export async function retryFailed(
	{
		api,
		runs,
		transcripts,
		recorder,
	}: {
		api: N8nApi;
		runs: readonly CustomerRun[];
		transcripts: readonly CustomerTranscript[];
		recorder: FailureRecorder;
	},
	workflowId: string,
): Promise<FailedExecutions> {
	const { ids, reported, unlisted } = await failedIds(api, workflowId, recorder);
	const failed: FailedExecutions = {
		count: 0,
		unlisted,
		reported: 0,
		unrecoverable: 0,
		unrecoverableReported: 0,
		toCustomer: 0,
		undelivered: 0,
		undeliveredReported: 0,
		redelivered: [],
	};
	for (const id of ids) {
		const execution = await api.execution(id);
		const isReported = reported.has(id);
		const lines = linesOf(execution);
		failed.count++;
		if (isReported) failed.reported++;
		if (lines) failed.toCustomer++;
		if (lines?.some((line) => isUndelivered(line, runs, transcripts))) {
			failed.undelivered++;
			if (isReported) failed.undeliveredReported++;
		}
		if (!canBeRetried(execution)) {
			failed.unrecoverable++;
			if (isReported) failed.unrecoverableReported++;
			continue;
		}
		failed.redelivered.push(...(lines ?? []).filter((line) => isReceived(line, runs)));
		await api.retryExecution(id);
	}
	return failed;
}
