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
			'Requests with the same key take effect once, per workflow and contact for a conversation, and per conversation and content for a message. By default, the key is derived from the execution, node, run and item, so that retries repeat nothing.',
	},
	text,
);

const executionSchema = z.object({ resumeUrl: z.string() });

/**
 * Identifies an execution across n8n's retries: docs/decisions/0016.
 *
 * @returns undefined outside of an execution
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
 * An idempotency key for this item's work, the same in each retry. For tools, run and item don't count: docs/decisions/0017.
 *
 * @param content what else identifies the work, such as conversation and text
 * @returns a hash in hexadecimal: n8n drops letters outside of Latin-1 from headers
 */
export function idempotencyKey(context: ItemContext, ...content: unknown[]): string {
	const { functions, itemIndex } = context;
	const run = runIdentity(context);
	// Without an execution, there are no retries.
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

/** Identifies a workflow across instances: copies and restored backups have the same workflow ID. */
export function workflowIdentity({ functions }: ItemContext): unknown[] {
	return [functions.getInstanceId(), functions.getWorkflow().id];
}
