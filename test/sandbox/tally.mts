/** What is wrong with what arrived. All empty, and 0: nothing was lost, nothing came twice, and all came in order. */
export interface Tally {
	/** Expected and not seen. In the order of `expected`, a text as often as it is missing. */
	lost: string[];
	/** Expected, but seen more often than that. In the order of `seen`, a text as often as it is too much. */
	duplicated: string[];
	/** Seen and never expected. In the order of `seen`, each time. */
	unexpected: string[];
	/**
	 * How many came too late: after one that was expected after them. Of `a b c`, seen as `c a b` are two too late and seen as
	 * `b c a` is one. Only sightings that were expected count, so a duplicate is never out of order, and neither is what comes
	 * after a gap.
	 */
	outOfOrder: number;
}

/**
 * Compares what was to arrive with what did. A text that is expected several times is to be seen as often: its first
 * sighting is the first expected one, and so on.
 */
export function tally(expected: string[], seen: string[]): Tally {
	/** The places of each text in `expected` that nothing was seen of yet. */
	const places = new Map<string, number[]>();
	expected.forEach((text, place) => places.set(text, [...(places.get(text) ?? []), place]));

	const duplicated: string[] = [];
	const unexpected: string[] = [];
	let outOfOrder = 0;
	let furthest = -1;
	for (const text of seen) {
		const open = places.get(text);
		const place = open?.shift();
		if (place === undefined) (open ? duplicated : unexpected).push(text);
		else if (place < furthest) outOfOrder += 1;
		else furthest = place;
	}
	const missing = new Set([...places.values()].flat());
	const lost = expected.filter((_, place) => missing.has(place));
	return { lost, duplicated, unexpected, outOfOrder };
}
