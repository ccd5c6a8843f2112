/**
 * Works on many things side by side, but not on too many.
 *
 * @param concurrency how many at the same time
 * @param mapper never rejects for a reason that the others should not outlive: its rejection is this one's
 * @returns the results in the order of the things
 */
export async function mapWithConcurrency<Item, Result>(
	items: Item[],
	concurrency: number,
	mapper: (thing: Item) => Promise<Result>,
): Promise<Result[]> {
	const results = new Map<number, Result>();
	const waiting = items.entries();
	const worker = async () => {
		// All workers take from the same iterator: each thing is taken once.
		for (const [index, thing] of waiting) results.set(index, await mapper(thing));
	};
	await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
	return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
