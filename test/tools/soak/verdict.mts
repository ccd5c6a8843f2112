import type { Arrivals } from './arrivals.mts';

/** What the verdict depends on. */
export interface Outcome {
	/** Before failed executions were retried by hand. */
	before: Arrivals;
	/** At the end. */
	after: Arrivals;
	/** Texts of failed executions that had reached their customers already: a retry sends them again. */
	redelivered: string[];
	/** Failed executions of which n8n has kept nothing to retry. */
	unrecoverable: number;
	/** Whether the error workflow was called for each of those. */
	areDropsReported: boolean;
	/** Whether n8n has workers, which don't share an order. */
	hasWorkers: boolean;
	/** Lines of n8n's log with a secret or personal data. */
	leaks: number;
}

/** Lists the failures of a soak: none if it has passed. */
export function verdict(outcome: Outcome): string[] {
	const { before, after, redelivered, unrecoverable, areDropsReported, hasWorkers, leaks } =
		outcome;
	// n8n retries from the failed node, and the call of the customer's channel has no idempotency key.
	const duplicatedByRetry = without(
		without(after.inbound.duplicated, before.inbound.duplicated),
		redelivered,
	);
	const isUnrecoverable =
		hasWorkers && areDropsReported && after.inbound.lost.length <= unrecoverable;
	const list = (what: string, texts: string[]) => texts.map((text) => `${what}: ${text}`);
	return [
		...list('lost on the way to the agent', after.outbound.lost),
		...list('duplicated at the agent', after.outbound.duplicated),
		...list('unexpected at the agent', after.outbound.unexpected),
		...list("of another customer's chat at the agent", after.outbound.ofAnother),
		...list('lost on the way to the customer', isUnrecoverable ? [] : after.inbound.lost),
		...list('duplicated at the customer', before.inbound.duplicated),
		...list('duplicated at the customer after a retry', duplicatedByRetry),
		...list('unexpected at the customer', after.inbound.unexpected),
		...list("of another customer's chat at the customer", after.inbound.ofAnother),
		// A message that only a retry has delivered is late for a reason.
		...(before.outbound.outOfOrder > 0 && !hasWorkers
			? [`out of order at the agent: ${before.outbound.outOfOrder}`]
			: []),
		...(leaks > 0 ? [`lines of the log with a secret or personal data: ${leaks}`] : []),
	];
}

/** Removes texts from a list, each as often as it is in `others`. */
export function without(texts: string[], others: string[]): string[] {
	const left = [...others];
	return texts.filter((text) => {
		const at = left.indexOf(text);
		if (at >= 0) left.splice(at, 1);
		return at < 0;
	});
}
