import { BoundedMap } from '../../collections/boundedMap';

/** Milliseconds between two lines in the log for one trigger, which anyone may call at any rate. */
const LOG_INTERVAL_MS = 60_000;
const MAX_TRIGGERS = 1000;

interface Noted {
	/** When the last line was written, in milliseconds since 1970. */
	at: number;
	/** How many calls were rejected since then. */
	unlogged: number;
}

const rejections = new BoundedMap<string, Noted>(MAX_TRIGGERS);

/**
 * Counts a rejected call, and decides whether to log it.
 *
 * @param place the trigger
 * @param now milliseconds since 1970
 * @returns how many calls were rejected since the last line in the log; undefined if it is too early for another line
 */
export function countRejection(place: string, now: number): number | undefined {
	const noted = rejections.get(place);
	if (noted && now - noted.at < LOG_INTERVAL_MS) {
		noted.unlogged++;
		return undefined;
	}
	rejections.set(place, { at: now, unlogged: 0 });
	return noted?.unlogged ?? 0;
}
