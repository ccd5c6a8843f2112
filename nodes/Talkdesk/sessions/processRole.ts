let hasTakenWebhooks = false;

/** Notes that this process takes webhook calls. */
export function noteWebhook(): void {
	hasTakenWebhooks = true;
}

/** Whether n8n is this process alone. In queue mode a worker, which runs the executions, takes no webhook calls. */
export const isAloneInN8n = (): boolean => hasTakenWebhooks;
