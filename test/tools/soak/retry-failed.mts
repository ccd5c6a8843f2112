import { z } from 'zod';

import type { N8nApi } from '../n8n/api.mts';
import type { Execution } from '../n8n/schemas.mts';
import { canBeRetried } from '../n8n/workflows.mts';
import type { TalkdeskSimulator } from '../../simulator/simulator.mts';
import { isReceived, isUndelivered } from './arrivals.mts';
import { eventSchema, lineOf, type EventRecorder, type ReceivedEvent } from './event-recorder.mts';

/** The failed executions of one direction. */
export interface FailedExecutions {
	count: number;
	/** Further ones that neither n8n's list nor the error workflow has named. */
	unlisted: number;
	/** Those for which the error workflow was called. */
	reported: number;
	/** Those of which n8n has kept nothing to retry. */
	unrecoverable: number;
	/** Those with an acknowledged event that has not reached the customer, as far as n8n has kept them. */
	undelivered: number;
	/** Those of the undelivered ones for which the error workflow was called. */
	undeliveredReported: number;
	/** Texts that had reached their customers already: a retry sends them again. */
	redelivered: string[];
}

/** What n8n keeps of an execution at its start: the trigger and its event. */
const stackSchema = z.array(
	z.object({
		data: z.object({ main: z.array(z.array(z.object({ json: eventSchema })).nullable()) }),
	}),
);

/** The events of an execution. */
function eventsOf({ data }: Execution): ReceivedEvent[] {
	const stack = stackSchema.safeParse(data.executionData?.nodeExecutionStack);
	return (stack.data ?? []).flatMap(({ data: { main } }) =>
		main.flatMap((items) => (items ?? []).map(({ json }) => json)),
	);
}

/** The failed executions of a workflow. n8n lists a hundred of each status; the error workflow adds to them. */
async function failedIds(api: N8nApi, workflowId: string, recorder: EventRecorder) {
	const { name } = await api.workflow(workflowId);
	const listed = [
		...(await api.executions({ workflowId, status: 'error' })),
		...(await api.executions({ workflowId, status: 'crashed' })),
	].map(({ id }) => id);
	// n8n may report one twice: when the job fails, and when the worker is back.
	const reported = new Set(
		recorder.failures
			.filter(({ workflow, executionId }) => workflow === name && executionId !== 'unknown')
			.map(({ executionId }) => executionId),
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
		talkdesk,
		recorder,
	}: { api: N8nApi; talkdesk: TalkdeskSimulator; recorder: EventRecorder },
	workflowId: string,
): Promise<FailedExecutions> {
	const { ids, reported, unlisted } = await failedIds(api, workflowId, recorder);
	const failed: FailedExecutions = {
		count: 0,
		unlisted,
		reported: 0,
		unrecoverable: 0,
		undelivered: 0,
		undeliveredReported: 0,
		redelivered: [],
	};
	for (const id of ids) {
		const execution = await api.execution(id);
		const isReported = reported.has(id);
		const events = eventsOf(execution);
		failed.count++;
		if (isReported) failed.reported++;
		if (events.some((event) => isUndelivered(event, talkdesk.transcripts(), recorder))) {
			failed.undelivered++;
			if (isReported) failed.undeliveredReported++;
		}
		if (!canBeRetried(execution)) {
			failed.unrecoverable++;
			continue;
		}
		failed.redelivered.push(...events.filter((event) => isReceived(event, recorder)).map(lineOf));
		await api.retryExecution(id);
	}
	return failed;
}
