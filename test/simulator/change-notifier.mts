/** Notifies waiting callers of changes. */
export interface ChangeNotifier {
	/** Call after every change of state. */
	notify(): void;
	/** See `TalkdeskSimulator.waitFor`. */
	waitFor<T>(predicate: () => T, options: WaitOptions): Promise<Found<T>>;
	/** Rejects all pending and later waits. */
	close(): void;
}

export interface WaitOptions {
	/** 5000 by default. */
	timeoutMs?: number;
	/** What is awaited, for the error: 'the first message'. */
	what: string;
}

/** The result of a predicate that is fulfilled. */
export type Found<T> = Exclude<T, undefined | null | false>;

function isFound<T>(value: T): value is Found<T> {
	return value !== undefined && value !== null && value !== false;
}

/** Creates a notifier. It doesn't poll: predicates run on changes. */
export function createChangeNotifier(): ChangeNotifier {
	const waiting = new Set<{ check: () => void; close: () => void }>();
	let closed = false;

	function waitFor<T>(predicate: () => T, options: WaitOptions): Promise<Found<T>> {
		const { timeoutMs = 5000, what } = options;
		return new Promise((resolve, reject) => {
			const waiter = { check, close: () => fail(new Error(`Closed while waiting for ${what}`)) };
			const timeout = setTimeout(() => {
				// A last time: a predicate may depend on state that changes without a notification.
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
		notify: () => [...waiting].forEach((waiter) => waiter.check()),
		waitFor,
		close() {
			closed = true;
			[...waiting].forEach((waiter) => waiter.close());
		},
	};
}
