/**
 * Works on many things side by side, but not on too many.
 *
 * @param limit how many at the same time
 * @param work never rejects for a reason that the others should not outlive: its rejection is this one's
 * @returns the results in the order of the things
 */
export async function sideBySide<Thing, Result>(
	things: Thing[],
	limit: number,
	work: (thing: Thing) => Promise<Result>,
): Promise<Result[]> {
	const results = new Map<number, Result>();
	const waiting = things.entries();
	const worker = async () => {
		// All workers take from the same iterator: each thing is taken once.
		for (const [index, thing] of waiting) results.set(index, await work(thing));
	};
	await Promise.all(Array.from({ length: Math.min(limit, things.length) }, worker));
	return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
