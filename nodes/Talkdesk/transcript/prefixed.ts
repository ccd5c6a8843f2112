import type { Entry } from './entry';
import { parseMessage } from './message';
import type { ParseContext, ParseResult } from './parseResult';
import { SPEAKER_KEYS } from './vocabulary';

const MAX_PREFIXES = 6;

/** The message of columns with a common prefix, such as { p_message_role, p_message_content }. */
export function parsePrefixed(
	entry: Entry,
	context: ParseContext,
	depth: number,
): ParseResult | undefined {
	const columns = Object.entries(entry).map(([key, value]) => ({ words: splitKey(key), value }));
	const prefixes = new Set<string>();
	for (const { words } of columns) {
		for (let length = 1; length < Math.min(words.length, 4); length++) {
			const rest = words.slice(length).join('');
			if (SPEAKER_KEYS.includes(rest)) prefixes.add(words.slice(0, length).join(' '));
		}
	}
	for (const prefix of [...prefixes].slice(0, MAX_PREFIXES)) {
		const length = prefix.split(' ').length;
		const fields = new Map(
			columns.map(({ words, value }) => {
				const isPrefixed = words.length > length && words.slice(0, length).join(' ') === prefix;
				return [words.slice(isPrefixed ? length : 0).join(''), value] as const;
			}),
		);
		const read = parseMessage(fields, context, depth);
		if (read) return read;
	}
	return undefined;
}

function splitKey(key: string): string[] {
	return key
		.slice(0, 100)
		.replace(/([a-z0-9])([A-Z])/g, '$1 $2')
		.toLowerCase()
		.split(/[^a-z0-9]+/)
		.filter(Boolean);
}
