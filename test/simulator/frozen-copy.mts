/** A deeply frozen snapshot. */
export type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** Copies a value and freezes the copy. */
export function snapshot<T extends object>(value: T): Frozen<T>;
export function snapshot(value: object): object {
	const copy: object = structuredClone(value);
	freeze(copy);
	return copy;
}

function freeze(value: unknown): void {
	if (typeof value !== 'object' || value === null) return;
	Object.values(value).forEach(freeze);
	Object.freeze(value);
}
