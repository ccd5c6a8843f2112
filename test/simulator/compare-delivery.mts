/** Differences between what was expected and what arrived. All empty, and 0: a perfect delivery. */
export interface DeliveryComparison {
	/** Expected and missing. In the order of `expected`, a text as often as it is missing. */
	lost: string[];
	/** Arrived more often than expected. In the order of `arrived`, once for each surplus. */
	duplicated: string[];
	/** Arrived and never expected. In the order of `arrived`, each time. */
	unexpected: string[];
	/**
	 * How many arrived after one that was expected after them. Of `a b c`, two are out of order if they arrive as `c a b`, and
	 * one if they arrive as `b c a`. Duplicates and texts after a gap are never out of order.
	 */
	outOfOrder: number;
}

/** An expected text that was sent in several attempts: any of them may be the one that arrived. */
export interface Attempted {
	text: string;
	/** The positions of the first and the last attempt among the attempts of all texts. */
	first: number;
	last: number;
}

/**
 * Compares what arrived with what was expected. A text that is expected several times has to arrive as often.
 *
 * @param expected in the expected order. After several attempts, a text is late only if it arrives after one whose first
 * attempt was after its own last attempt.
 */
export function compareDelivery(
	expected: Array<string | Attempted>,
	arrived: string[],
): DeliveryComparison {
	const attempted = expected.map((each, place) =>
		typeof each === 'string' ? { text: each, first: place, last: place } : each,
	);
	/** The expected entries of each text that have not arrived yet. */
	const places = new Map<string, Attempted[]>();
	for (const each of attempted) places.set(each.text, [...(places.get(each.text) ?? []), each]);

	const duplicated: string[] = [];
	const unexpected: string[] = [];
	let outOfOrder = 0;
	let furthest = -1;
	for (const text of arrived) {
		const open = places.get(text);
		const place = open?.shift();
		if (place === undefined) (open ? duplicated : unexpected).push(text);
		else if (place.last < furthest) outOfOrder += 1;
		else furthest = Math.max(furthest, place.first);
	}
	const missing = new Set([...places.values()].flat());
	const lost = attempted.filter((each) => missing.has(each)).map(({ text }) => text);
	return { lost, duplicated, unexpected, outOfOrder };
}
