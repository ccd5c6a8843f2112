/**
 * Calls `onChange` after the package's sources have changed, and again once it is done, if they have changed meanwhile.
 *
 * @param onChange gets what builds the package into `dist`, without a check of types
 */
export function watchSources(onChange: (build: () => Promise<void>) => Promise<void>): {
	close(): void;
};
