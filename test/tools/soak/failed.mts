import { z } from 'zod';

import type { N8nApi } from '../n8n/api.mts';
import type { Execution } from '../n8n/schemas.mts';
import { canBeRetried } from '../n8n/workflows.mts';
import type { LocalTalkdesk } from '../../simulator/talkdesk.mts';
import { toldSchema, wordsOf, type Customers, type Told } from './customers.mts';
import { isHeard, isOwed } from './report.mts';

/** The failed executions of one direction. */
export interface Failed {
	count: number;
	/** How many more there are, that neither n8n's list nor the error workflow has named. */
	unnamed: number;
	/** Of how many the error workflow was told. */
	told: number;
	/** Of how many n8n has kept nothing that could be retried. */
	thrownAway: number;
	/** How many held what n8n had acknowledged and the customer had not heard, for all that n8n has kept of them. */
	owed: number;
	/** Of how many of these the error workflow was told. */
	owedTold: number;
	/** What the customers had heard, and a retry tells them once more. */
	retold: string[];
}

/** What n8n keeps of an execution that had not gone far: the trigger and its event. */
const stackSchema = z.array(
	z.object({
		data: z.object({ main: z.array(z.array(z.object({ json: toldSchema })).nullable()) }),
	}),
);

/** The events that an execution was to bring to the customer. */
function eventsOf({ data }: Execution): Told[] {
	const stack = stackSchema.safeParse(data.executionData?.nodeExecutionStack);
	return (stack.data ?? []).flatMap(({ data: { main } }) =>
		main.flatMap((items) => (items ?? []).map(({ json }) => json)),
	);
}

/** Of a workflow: n8n lists a hundred of each status, and its error workflow knows more. */
async function failedIds(api: N8nApi, workflowId: string, customers: Customers) {
	const { name } = await api.workflow(workflowId);
	const listed = [
		...(await api.executions({ workflowId, status: 'error' })),
		...(await api.executions({ workflowId, status: 'crashed' })),
	].map(({ id }) => id);
	// n8n may tell of one twice: when the job fails, and when the worker comes back.
	const told = new Set(
		customers.failures
			.filter(({ workflow, executionId }) => workflow === name && executionId !== 'unknown')
			.map(({ executionId }) => executionId),
	);
	const ids = [...new Set([...listed, ...told])].sort((a, b) => Number(a) - Number(b));
	const counts = [
		await api.countExecutions(workflowId, 'error'),
		await api.countExecutions(workflowId, 'crashed'),
	];
	const unnamed = Math.max(0, counts.reduce((sum, count) => sum + count) - ids.length);
	return { ids, told, unnamed };
}

/**
 * Retries all failed executions of a workflow, oldest first, as somebody does with the button *Retry*.
 *
 * @returns what they were before
 */
export async function retryFailed(
	{ api, talkdesk, customers }: { api: N8nApi; talkdesk: LocalTalkdesk; customers: Customers },
	workflowId: string,
): Promise<Failed> {
	const { ids, told, unnamed } = await failedIds(api, workflowId, customers);
	const failed: Failed = {
		count: 0,
		unnamed,
		told: 0,
		thrownAway: 0,
		owed: 0,
		owedTold: 0,
		retold: [],
	};
	for (const id of ids) {
		const execution = await api.execution(id);
		const isTold = told.has(id);
		const events = eventsOf(execution);
		failed.count++;
		if (isTold) failed.told++;
		if (events.some((event) => isOwed(event, talkdesk.seen(), customers))) {
			failed.owed++;
			if (isTold) failed.owedTold++;
		}
		if (!canBeRetried(execution)) {
			failed.thrownAway++;
			continue;
		}
		failed.retold.push(...events.filter((event) => isHeard(event, customers)).map(wordsOf));
		await api.retryExecution(id);
	}
	return failed;
}
