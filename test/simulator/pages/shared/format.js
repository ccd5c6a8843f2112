/** Times and sizes, as people read them. */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const fullClock = new Intl.DateTimeFormat(undefined, {
	hour: '2-digit',
	minute: '2-digit',
	second: '2-digit',
});
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** @param {string} iso @returns the time, with the day if it isn't today */
export function timeOf(iso) {
	const at = new Date(iso);
	const isToday = at.toDateString() === new Date().toDateString();
	return isToday ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
}

/** @param {string} iso */
export const exactTimeOf = (iso) => fullClock.format(new Date(iso));

/** @param {number} bytes */
export function sizeOf(bytes) {
	if (bytes < 1000) return `${bytes} B`;
	if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
	return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
