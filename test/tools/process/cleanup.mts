/** How to end what was started. */
export interface Cleanup {
	/** Adds the end of something. */
	add(end: () => Promise<void>): void;
	/** Ends everything, what was started last first. @throws after all of it if anything failed */
	run(): Promise<void>;
}

/** Collects the ends of what is started. */
export function createCleanup(): Cleanup {
	const ends: Array<() => Promise<void>> = [];
	return {
		add: (end) => void ends.push(end),
		async run() {
			// All of them: a failed end must not leave the others running.
			const failed: unknown[] = [];
			for (const end of ends.splice(0).reverse()) await end().catch((error) => failed.push(error));
			if (failed.length > 0) throw new AggregateError(failed, 'not everything could be stopped');
		},
	};
}
