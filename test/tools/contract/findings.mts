import { assumptions, type AssumptionId } from './assumptions.mts';

export type Verdict = 'held' | 'not held' | 'unclear';

export interface Finding {
	verdict: Verdict;
	/** What was seen: statuses, names and types; no values. */
	seen: string;
}

export interface Findings {
	/** Records what was seen. The first finding of an assumption counts, but for one that is not held. */
	record(id: AssumptionId, verdict: Verdict | boolean, seen: string): void;
	/** The finding of an assumption, as far as there is one. */
	get(id: AssumptionId): Finding | undefined;
	/** Whether an assumption has held. */
	holds(id: AssumptionId): boolean;
	/** All findings in the order of the assumptions. */
	all(ids: AssumptionId[]): Array<Finding & { id: AssumptionId }>;
}

/** Creates an empty list of findings. */
export function createFindings(): Findings {
	const found = new Map<AssumptionId, Finding>();
	return {
		record(id, result, seen) {
			const verdict = typeof result === 'string' ? result : result ? 'held' : 'not held';
			const earlier = found.get(id);
			if (earlier && (verdict !== 'not held' || earlier.verdict === 'not held')) return;
			found.set(id, { verdict, seen });
		},
		get: (id) => found.get(id),
		holds: (id) => found.get(id)?.verdict === 'held',
		all: (ids) =>
			ids.map((id) => ({ id, ...(found.get(id) ?? { verdict: 'unclear', seen: 'not reached' }) })),
	};
}

/** The IDs of all assumptions. */
export const assumptionIds = (): AssumptionId[] =>
	// The keys of a record are what its type says.
	Object.keys(assumptions).filter((id): id is AssumptionId => id in assumptions);
