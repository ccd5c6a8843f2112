/**
 * Runs `work` while no other process does so under the same file. A lock whose process was killed is taken
 * over; Ctrl-C and other signals that end this process remove the lock.
 */
export function withLock<T>(
	file: string,
	work: () => Promise<T>,
	onWait?: (holderPid: number | undefined) => void,
): Promise<T>;
