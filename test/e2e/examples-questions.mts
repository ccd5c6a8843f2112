import { createSingleNodeWorkflow } from '../support/singleNodeWorkflow.mts';
import type { Execution } from '../tools/n8n/schemas.mts';
import { itemsOf } from '../tools/n8n/workflows.mts';
import type { AddedExample, ExamplesEnvironment } from './examples.mts';

/** The states of an execution that is over. */
export const ENDED = ['success', 'error', 'crashed', 'canceled'];

/** Runs a workflow that asks a human with the example. @returns a function that waits for the answer */
export async function ask(
	{ n8n: { api } }: ExamplesEnvironment,
	{ workflowId }: AddedExample,
	question: string,
): Promise<() => Promise<Record<string, unknown>>> {
	const id = await createSingleNodeWorkflow(api, {
		name: 'Ask',
		type: 'n8n-nodes-base.executeWorkflow',
		typeVersion: 1.2,
		parameters: {
			workflowId: { __rl: true, mode: 'id', value: workflowId },
			workflowInputs: { mappingMode: 'defineBelow', value: { question }, schema: [] },
			options: { waitForSubWorkflow: true },
		},
	});
	const begun = await api.run(id);
	// A question that can't be sent is over at once.
	expect(['waiting', 'success']).toContain(begun.status);
	return async () => {
		const ended: Execution = await api.waitForExecution(
			({ id: executionId, status }) => executionId === begun.id && ENDED.includes(status),
			150_000,
			{ workflowId: id },
		);
		return itemsOf(ended, 'Ask')[0]?.json ?? {};
	};
}

/** Waits for the conversation that asks a question. @returns its id */
export const conversationAbout = async (
	{ conversationIn }: ExamplesEnvironment,
	question: string,
) => await conversationIn('ask-a-human-and-wait', ({ subject }) => subject === question);
