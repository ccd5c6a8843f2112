/** An object that isn't a list; undefined for anything else. */
export function asObject(value: unknown): Record<string, unknown> | undefined {
	return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Removes what a spelling adds: `conversation_id`, `conversationId` and `Conversation-ID` become the same. */
export function normalizeKey(name: string): string {
	return name.replace(/[^a-z0-9]/gi, '').toLowerCase();
}

/** The fields of an object by their normalized names. Of two spellings, the first with a value counts. */
export function fieldsOf(object: Record<string, unknown>): Map<string, unknown> {
	const fields = new Map<string, unknown>();
	for (const [key, value] of Object.entries(object)) {
		const name = normalizeKey(key);
		if (isEmpty(fields.get(name))) fields.set(name, value);
	}
	return fields;
}

const isEmpty = (value: unknown) => value === undefined || value === null || value === '';
