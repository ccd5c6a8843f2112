let hasTakenWebhooks = false;

/** Notes that this process takes webhook calls. */
export function noteWebhook(): void {
	hasTakenWebhooks = true;
}

/**
 * Whether n8n is this process alone, as far as it runs published workflows: in queue mode a worker, which does so, takes no
 * webhook calls. False also before the first call.
 */
export const isAloneInN8n = (): boolean => hasTakenWebhooks;
