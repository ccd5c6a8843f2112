/** Half of a surrogate pair, for example of an emoji that was cut. */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** The text with U+FFFD for each lone surrogate, which strict JSON parsers reject. */
export function withoutLoneSurrogates(text: string): string {
	return text.replace(LONE_SURROGATE, '\uFFFD');
}

/** The JSON value with well-formed keys and texts. */
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
