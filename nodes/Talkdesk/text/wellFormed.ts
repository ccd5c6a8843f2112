/** Half of a character that takes two: what is left of an emoji that a length limit has cut. */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** The text with U+FFFD in place of halves of characters, which strict JSON parsers refuse. */
export function withoutLoneSurrogates(text: string): string {
	return text.replace(LONE_SURROGATE, '\uFFFD');
}

/** The same for all texts in a JSON value. */
export function wellFormed(value: unknown): unknown {
	if (typeof value === 'string') return withoutLoneSurrogates(value);
	if (Array.isArray(value)) return value.map(wellFormed);
	if (
		typeof value !== 'object' ||
		value === null ||
		Object.getPrototypeOf(value) !== Object.prototype
	)
		return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, entry]) => [withoutLoneSurrogates(key), wellFormed(entry)]),
	);
}
