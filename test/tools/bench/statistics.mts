/** A percentile by the nearest rank; NaN of an empty list. */
export function quantile(values: readonly number[], share: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The median; NaN of an empty list. */
export function median(values: readonly number[]): number {
	const upper = quantile(values, 0.5 + 1e-9);
	return values.length % 2 === 0 ? (quantile(values, 0.5) + upper) / 2 : upper;
}

/**
 * The ratio of two sides: the median of the ratios of each round, in which both sides had the same load of the machine.
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
	return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/**
 * Measures all sides in each round, every second one in reverse order, so that changes over time, such as a growing database,
 * favor no side.
 *
 * @returns the measurements of each round, in the order of the sides
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
