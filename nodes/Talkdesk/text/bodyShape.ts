/** Keys that a program has chosen. Any other key may be customer data. */
const IDENTIFIER = /^[a-z_][a-z0-9_]{0,40}$/i;

const MAX_DEPTH = 4;
const MAX_KEYS = 20;
const MAX_PARTS = 100;

/**
 * The structure of a value for a log, without customer data: keys that look like identifiers, and types and lengths of values.
 * Always short. Never throws.
 *
 * @example describeShape({ conversation_id: 'c1', '+49 30 1234': true }) // '{ conversation_id: text of 2, 1 other key }'
 */
export function describeShape(value: unknown): string {
	return describe(value, 0, { parts: 0 });
}

/** @param seen counts the described values on all levels */
function describe(value: unknown, depth: number, seen: { parts: number }): string {
	seen.parts++;
	if (value === null) return 'null';
	if (typeof value === 'string') return `text of ${value.length}`;
	if (typeof value !== 'object') return typeof value;
	if (Array.isArray(value)) {
		if (value.length === 0 || depth >= MAX_DEPTH) return `list of ${value.length}`;
		return `list of ${value.length}, first: ${describe(value[0], depth + 1, seen)}`;
	}
	const entries = Object.entries(value);
	const named = entries.filter(([key]) => IDENTIFIER.test(key));
	if (entries.length === 0) return '{}';
	if (depth >= MAX_DEPTH) return `object of ${entries.length}`;
	const parts: string[] = [];
	for (const [key, entry] of named.slice(0, MAX_KEYS)) {
		if (seen.parts >= MAX_PARTS) break;
		parts.push(`${key}: ${describe(entry, depth + 1, seen)}`);
	}
	const others = entries.length - parts.length;
	if (others > 0) parts.push(`${others} other key${others === 1 ? '' : 's'}`);
	return `{ ${parts.join(', ')} }`;
}

/**
 * Whether a body nests deeper than `levels`, or has more than `values` values. Not recursive: a deep body would overflow the
 * stack.
 */
export function isLargerThan(
	body: unknown,
	{ levels, values }: { levels: number; values: number },
): boolean {
	let level: unknown[] = [body];
	let count = 0;
	for (let depth = 0; level.length > 0; depth++) {
		count += level.length;
		if (count > values) return true;
		const objects = level.filter((entry) => typeof entry === 'object' && entry !== null);
		if (objects.length > 0 && depth >= levels) return true;
		level = objects.flatMap((entry) => Object.values(entry ?? {}));
	}
	return false;
}
