/** A key that was chosen by a program. Others may be a customer's name, number or address. */
const IDENTIFIER = /^[a-z_][a-z0-9_]{0,40}$/i;

const MAX_DEPTH = 4;
const MAX_KEYS = 20;
const MAX_PARTS = 100;

/**
 * Describes a body for a log, without anything that a customer wrote or is: names of keys where they look like identifiers,
 * types and lengths of values. However large the body is, the text is short. Never throws.
 *
 * @example describeShape({ conversation_id: 'c1', '+49 30 1234': true }) // '{ conversation_id: text of 2, 1 other key }'
 */
export function describeShape(value: unknown): string {
	return describe(value, 0, { parts: 0 });
}

/** `seen` counts what was described, over all levels. */
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
 * Whether a body nests objects and lists more than `levels` deep, or has more than `values` values in all. Goes level by level
 * and not by recursion, which a hostile body would bring to its end.
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
