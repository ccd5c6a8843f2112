import type { WorkflowExecuteMode } from 'n8n-workflow';

/** How n8n runs published workflows. In queue mode only workers do so; the main process runs tests, and what they call. */
const PUBLISHED: ReadonlySet<WorkflowExecuteMode> = new Set(['webhook', 'trigger', 'retry']);

let hasTakenWebhooks = false;
let hasRunPublished = false;

/** Notes that this process takes webhook calls. */
export function noteWebhook(): void {
	hasTakenWebhooks = true;
}

/** Notes that this process runs an execution. */
export function noteExecution(mode: WorkflowExecuteMode): void {
	hasRunPublished ||= PUBLISHED.has(mode);
}

/**
 * Whether n8n is this process alone: in queue mode none both takes webhook calls and runs published workflows. False also
 * before it has done both.
 */
export const isAloneInN8n = (): boolean => hasTakenWebhooks && hasRunPublished;
