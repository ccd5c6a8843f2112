/** Tells those who wait that something has changed. */
export interface Changes {
	/** Call after every change of state. */
	happened(): void;
	/** See `LocalTalkdesk.waitFor`. */
	waitFor<T>(predicate: () => T, options: WaitOptions): Promise<Found<T>>;
	/** Rejects everybody who still waits, and whoever comes later. */
	close(): void;
}

export interface WaitOptions {
	/** 5000 by default. */
	timeoutMs?: number;
	/** What is awaited, for the error: 'the first message'. */
	what: string;
}

/** What a predicate gives once it has found something. */
export type Found<T> = Exclude<T, undefined | null | false>;

function isFound<T>(value: T): value is Found<T> {
	return value !== undefined && value !== null && value !== false;
}

/** Makes the exchange between those who change state and those who wait for it. Nothing polls: a predicate runs on changes. */
export function createChanges(): Changes {
	const waiting = new Set<{ check: () => void; close: () => void }>();
	let closed = false;

	function waitFor<T>(predicate: () => T, options: WaitOptions): Promise<Found<T>> {
		const { timeoutMs = 5000, what } = options;
		return new Promise((resolve, reject) => {
			const waiter = { check, close: () => fail(new Error(`Closed while waiting for ${what}`)) };
			const timeout = setTimeout(() => {
				// Once more: a predicate may look at things that change without telling us.
				check();
				fail(new Error(`Waited ${timeoutMs} ms in vain for ${what}`));
			}, timeoutMs);

			function stop() {
				clearTimeout(timeout);
				waiting.delete(waiter);
			}
			function fail(error: Error) {
				stop();
				reject(error);
			}
			function check() {
				try {
					const value = predicate();
					if (!isFound(value)) return;
					stop();
					resolve(value);
				} catch (error) {
					fail(new Error(`Waiting for ${what} failed: ${String(error)}`, { cause: error }));
				}
			}

			waiting.add(waiter);
			check();
			if (closed) waiter.close();
		});
	}

	return {
		happened: () => [...waiting].forEach((waiter) => waiter.check()),
		waitFor,
		close() {
			closed = true;
			[...waiting].forEach((waiter) => waiter.close());
		},
	};
}
