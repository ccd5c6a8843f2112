import { withoutLoneSurrogates } from '../text/wellFormed';

/** Bytes of a name in UTF-8, the limit of common file systems. Talkdesk documents none. */
const MAX_NAME_BYTES = 255;

/** Bytes of an extension in UTF-8. */
const MAX_EXTENSION_BYTES = 32;

/** Invisible characters that change the text direction: `a<RLO>fdp.exe` is displayed as `aexe.pdf`. */
const DIRECTION_MARKS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** Slashes, control characters, line and paragraph separators. */
const UNUSABLE = /[/\\\p{Cc}\u2028\u2029]+/gu;

/**
 * A file name that is safe on all systems: without paths, control characters and direction marks, and not too long.
 *
 * @param fallback the name if nothing is left
 */
export function cleanName(name: string, fallback: string): string {
	const clean = withoutLoneSurrogates(name.replace(DIRECTION_MARKS, ''))
		.trim()
		.replace(UNUSABLE, '_');
	const usable = /^\.{0,2}$/.test(clean) ? '' : truncate(clean);
	return usable === '' ? fallback : usable;
}

/** The name with a suffix before its extension: `bill-1f3a.pdf`. The base is cut if the name gets too long. */
export function uniqueName(name: string, suffix: string): string {
	const { base, extension } = splitExtension(name);
	return truncate(`${base}-${suffix}${extension}`, `-${suffix}${extension}`);
}

/** The names, with a number added to repeated ones, regardless of case. */
export function distinctNames(names: string[]): string[] {
	const lower = (name: string) => name.toLowerCase();
	const taken = new Set(names.map(lower));
	const seen = new Set<string>();
	return names.map((name) => {
		if (!seen.has(lower(name))) {
			seen.add(lower(name));
			return name;
		}
		let candidate = name;
		for (let number = 2; taken.has(lower(candidate)); number++) {
			candidate = uniqueName(name, String(number));
		}
		taken.add(lower(candidate));
		return candidate;
	});
}

/** The name within the limit; empty if not even one character fits before the ending. */
function truncate(name: string, ending = splitExtension(name).extension): string {
	if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
	let base = '';
	let bytesLeft = MAX_NAME_BYTES - Buffer.byteLength(ending);
	// By grapheme, so that no emoji is cut.
	for (const { segment } of new Intl.Segmenter().segment(
		name.slice(0, -ending.length || undefined),
	)) {
		bytesLeft -= Buffer.byteLength(segment);
		if (bytesLeft < 0) break;
		base += segment;
	}
	return base && base + ending;
}

function splitExtension(name: string): { base: string; extension: string } {
	const [, base = name, extension = ''] = /^(.+?)(\.[^.]*)?$/s.exec(name) ?? [];
	return Buffer.byteLength(extension) <= MAX_EXTENSION_BYTES
		? { base, extension }
		: { base: name, extension: '' };
}
