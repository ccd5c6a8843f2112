/** The value below which a share of all values lies, by the nearest rank; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The value in the middle, of an even count the mean of both; NaN of nothing. */
export function median(values: readonly number[]): number {
	const upper = quantile(values, 0.5 + 1e-9);
	return values.length % 2 === 0 ? (quantile(values, 0.5) + upper) / 2 : upper;
}

/**
 * How many times as much one side takes as the other: the median of what each round says. Of two figures of one round both had
 * the same machine, whatever else it did.
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
	return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/**
 * Measures all sides in each round, every second one in the reverse order: what changes with time, such as a growing database,
 * favours nobody.
 *
 * @returns what was measured, round by round, for each side in the order of the sides
 */
export async function inTurns<Side, Result>(
	sides: readonly Side[],
	rounds: number,
	measure: (side: Side, round: number) => Promise<Result>,
): Promise<Result[][]> {
	const results = sides.map((): Result[] => []);
	for (let round = 0; round < rounds; round++) {
		const order = [...sides.entries()];
		for (const [index, side] of round % 2 === 0 ? order : order.reverse()) {
			results[index]?.push(await measure(side, round));
		}
	}
	return results;
}
