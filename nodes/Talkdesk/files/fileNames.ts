/** Bytes of UTF-8 that a name may have: the limit of the usual file systems. Talkdesk documents none. */
const LONGEST_NAME = 255;

/** What is longer than that behind the last dot is no extension. */
const LONGEST_EXTENSION = 32;

/** Invisible signs that turn the direction of writing: `a<RLO>fdp.exe` is shown as `aexe.pdf`. */
const DIRECTION = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** Slashes, control characters, line and paragraph separators. */
const UNUSABLE = /[/\\\p{Cc}\u2028\u2029]+/gu;

/** Halves of characters: a text was cut in the middle of one. */
const HALVES = /\p{Cs}/gu;

/**
 * A file name that is usable everywhere: in one folder, on one line, as it is shown, and not too long. What is usual in
 * names stays, in every script.
 *
 * @param fallback the name if nothing is left of it
 */
export function cleanName(name: string, fallback: string): string {
	const clean = name.replace(DIRECTION, '').replace(HALVES, '\uFFFD').trim().replace(UNUSABLE, '_');
	const usable = /^\.{0,2}$/.test(clean) ? '' : shortened(clean);
	return usable === '' ? fallback : usable;
}

/** `bill.pdf` and `1f3a` make `bill-1f3a.pdf`, no longer than a name may be. */
export function uniqueName(name: string, suffix: string): string {
	const { base, extension } = split(name);
	return shortened(`${base}-${suffix}${extension}`, `-${suffix}${extension}`);
}

/** The names, with a number in those that an earlier file has; upper and lower case count as the same. */
export function distinctNames(names: string[]): string[] {
	const lower = (name: string) => name.toLowerCase();
	const taken = new Set(names.map(lower));
	const seen = new Set<string>();
	return names.map((name) => {
		if (!seen.has(lower(name))) {
			seen.add(lower(name));
			return name;
		}
		let another = name;
		for (let number = 2; taken.has(lower(another)); number++) {
			another = uniqueName(name, String(number));
		}
		taken.add(lower(another));
		return another;
	});
}

/** @returns '' if not even the first character has room before the ending */
function shortened(name: string, ending = split(name).extension): string {
	if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
	let base = '';
	let room = LONGEST_NAME - Buffer.byteLength(ending);
	// By what is one character to people: an emoji may be several.
	for (const { segment } of new Intl.Segmenter().segment(
		name.slice(0, -ending.length || undefined),
	)) {
		room -= Buffer.byteLength(segment);
		if (room < 0) break;
		base += segment;
	}
	return base && base + ending;
}

function split(name: string): { base: string; extension: string } {
	const [, base = name, extension = ''] = /^(.+?)(\.[^.]*)?$/s.exec(name) ?? [];
	return Buffer.byteLength(extension) <= LONGEST_EXTENSION
		? { base, extension }
		: { base: name, extension: '' };
}
