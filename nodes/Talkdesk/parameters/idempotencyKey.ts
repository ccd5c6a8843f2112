import { randomUUID } from 'crypto';
import { z } from 'zod';

import { sha256Json } from '../text/hash';
import { isTool } from './isTool';
import type { ItemContext } from './item';
import { option } from './options';
import { text } from './schemas';

export const idempotencyKeyOption = option(
	{
		displayName: 'Idempotency Key',
		name: 'idempotencyKey',
		type: 'string',
		default: '',
		placeholder: 'e.g. {{ $json.sessionId }}',
		description:
			'Talkdesk does the same piece of work only once for a key. It counts together with what it is used for: the workflow and the customer of a new conversation, or the conversation and the words of a message. By default the key is made from the execution, the node, the run and the item, so that n8n’s own retries repeat nothing.',
	},
	text,
);

const executionSchema = z.object({ resumeUrl: z.string() });

/**
 * What stays the same when n8n repeats an execution, and is another one for every other execution. *Retry* in the list of
 * executions gives the execution a new ID but goes on with its data, which hold a random token and the time at which it
 * began. IDs alone would not do either: they are numbers in sequence, which another n8n has as well, and which are given
 * again after a backup was restored.
 *
 * @returns undefined outside of an execution
 * Source: `resumeToken` in n8n-workflow's run-execution-data-factory, `establishedAt` in n8n-core's execution-context.
 */
function runIdentity({ functions, itemIndex }: ItemContext): string | undefined {
	const { $execution } = functions.getWorkflowDataProxy(itemIndex);
	const execution = executionSchema.safeParse($execution);
	const url = execution.data?.resumeUrl;
	const token = url && URL.canParse(url) ? new URL(url).searchParams.get('signature') : undefined;
	if (token) return `token ${token}`;
	const { establishedAt } = functions.getExecutionContext() ?? {};
	if (establishedAt !== undefined) return `established ${establishedAt}`;
	const executionId = functions.getExecutionId();
	return executionId ? `execution ${executionId}` : undefined;
}

/**
 * A key that is the same whenever n8n repeats this piece of work, and another one for any other piece.
 *
 * Of a tool the arguments count, and not the run: up to version 2 of the AI Agent, n8n counts the run up with every attempt
 * of its *Retry On Fail* (`makeHandleToolInvocation` in n8n-core). So the same call of a model, twice in one execution, is
 * done once.
 *
 * @param content what else tells two pieces of work apart: the conversation, the words
 * @returns SHA-256 in hexadecimal: n8n strips from a header what is not Latin-1
 */
export function idempotencyKey(context: ItemContext, ...content: unknown[]): string {
	const { functions, itemIndex } = context;
	const run = runIdentity(context);
	// Without an execution there is nothing that n8n could repeat.
	if (!run) return randomUUID();
	const { $runIndex } = functions.getWorkflowDataProxy(itemIndex);
	return sha256Json([
		...workflowIdentity(context),
		run,
		functions.getNode().id,
		...(isTool(functions) ? [] : [$runIndex, itemIndex]),
		...content,
	]);
}

/** What tells a workflow from those of any other n8n: copies and restored backups have the same ID. */
export function workflowIdentity({ functions }: ItemContext): unknown[] {
	return [functions.getInstanceId(), functions.getWorkflow().id];
}
