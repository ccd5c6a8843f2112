/** Milliseconds between two lines in the log for one trigger: anyone can call it, as often as he likes. */
const LOG_INTERVAL_MS = 60_000;
const MAX_TRIGGERS = 1000;

interface Noted {
	/** When the last line was written, in milliseconds since 1970. */
	at: number;
	/** Refused since then. */
	unlogged: number;
}

const rejections = new Map<string, Noted>();

/**
 * Notes that a call was refused.
 *
 * @param place the trigger
 * @param now milliseconds since 1970
 * @returns how many were refused since the last line in the log; undefined where it is too early for another line
 */
export function countRejection(place: string, now: number): number | undefined {
	const noted = rejections.get(place);
	if (noted && now - noted.at < LOG_INTERVAL_MS) {
		noted.unlogged++;
		return undefined;
	}
	rejections.delete(place);
	rejections.set(place, { at: now, unlogged: 0 });
	const [oldest] = rejections.keys();
	if (rejections.size > MAX_TRIGGERS && oldest !== undefined) rejections.delete(oldest);
	return noted?.unlogged ?? 0;
}
