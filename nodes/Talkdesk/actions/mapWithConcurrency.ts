/**
 * Maps items with a limited number of calls at the same time.
 *
 * @param concurrency how many calls run at the same time, at most
 * @param mapper if it rejects, the whole call rejects; running calls go on
 * @returns the results in the order of the items
 */
export async function mapWithConcurrency<Item, Result>(
	items: Item[],
	concurrency: number,
	mapper: (item: Item) => Promise<Result>,
): Promise<Result[]> {
	const results: Result[] = [];
	const remaining = items.entries();
	const work = async () => {
		// All workers take from the same iterator, so each item is taken once.
		for (const [index, item] of remaining) results[index] = await mapper(item);
	};
	await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
	return results;
}
