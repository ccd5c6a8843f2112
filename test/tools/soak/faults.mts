import type { FaultKind } from '../../simulator/fault-kinds.mts';
import {
	seededFaults,
	seededWebhookFaults,
	type SeededFaults,
	type SeededWebhookFaults,
} from '../../simulator/seeded-faults.mts';

/** Those of any network, and of Talkdesk on a bad day. */
const KINDS: FaultKind[] = ['rateLimited', 'unavailable', 'hang', 'cut', 'tokenDies'];
/** The statuses of gateways and CDNs. */
const STATUSES = [408, 500, 502, 503, 504, 520, 524] as const;
/** The time after which a request without an answer ends: the node's own time-out would take most of the time. */
const HANG_MS = 3_000;

/**
 * The faults of a soak: of Talkdesk's responses, and of its webhook calls.
 *
 * @param plan.rate the share of requests and of calls that get one
 * @param more kinds besides those of a bad network
 */
export function soakFaults(
	plan: { seed: number; rate: number },
	...more: FaultKind[]
): { faults: SeededFaults; webhookFaults: SeededWebhookFaults } {
	const kinds = [...KINDS, ...more];
	return {
		faults: seededFaults({ ...plan, hangMs: HANG_MS, statuses: STATUSES, kinds }),
		webhookFaults: seededWebhookFaults(plan),
	};
}
