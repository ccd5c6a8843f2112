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

/** What is expected, when it was tried to send it more than once: any of the tries may be the one that arrived. */
export interface Tried {
	text: string;
	/** The places of the first and the last try, counted over the tries of everything that is expected. */
	first: number;
	last: number;
}

/**
 * Compares what was to arrive with what did. A text that is expected several times is to be seen as often: its first
 * sighting is the first expected one, and so on.
 *
 * @param expected in the order in which it is to arrive. What was tried several times is late only when it comes after what
 * was first tried after its own last try.
 */
export function tally(expected: Array<string | Tried>, seen: string[]): Tally {
	const tried = expected.map((each, place) =>
		typeof each === 'string' ? { text: each, first: place, last: place } : each,
	);
	/** Those of each text that nothing was seen of yet. */
	const places = new Map<string, Tried[]>();
	for (const each of tried) places.set(each.text, [...(places.get(each.text) ?? []), each]);

	const duplicated: string[] = [];
	const unexpected: string[] = [];
	let outOfOrder = 0;
	let furthest = -1;
	for (const text of seen) {
		const open = places.get(text);
		const place = open?.shift();
		if (place === undefined) (open ? duplicated : unexpected).push(text);
		else if (place.last < furthest) outOfOrder += 1;
		else furthest = Math.max(furthest, place.first);
	}
	const missing = new Set([...places.values()].flat());
	const lost = tried.filter((each) => missing.has(each)).map(({ text }) => text);
	return { lost, duplicated, unexpected, outOfOrder };
}
