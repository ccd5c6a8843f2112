/** Milliseconds between two lines in the log for one trigger: anyone can call it, as often as he likes. */
const LOG_EVERY = 60_000;
const MAX_PLACES = 1000;

interface Noted {
	/** When the last line was written, in milliseconds since 1970. */
	at: number;
	/** Refused since then. */
	unlogged: number;
}

const refusals = new Map<string, Noted>();

/**
 * Notes that a call was refused.
 *
 * @param place the trigger
 * @param now milliseconds since 1970
 * @returns how many were refused since the last line in the log; undefined where it is too early for another line
 */
export function noteRefusal(place: string, now: number): number | undefined {
	const noted = refusals.get(place);
	if (noted && now - noted.at < LOG_EVERY) {
		noted.unlogged++;
		return undefined;
	}
	refusals.delete(place);
	refusals.set(place, { at: now, unlogged: 0 });
	const [oldest] = refusals.keys();
	if (refusals.size > MAX_PLACES && oldest !== undefined) refusals.delete(oldest);
	return noted?.unlogged ?? 0;
}
