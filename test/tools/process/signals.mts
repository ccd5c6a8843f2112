const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls back at each signal that asks this process to end, at Ctrl-C for example. */
export function onSignal(act: () => void): void {
	for (const signal of SIGNALS) process.on(signal, act);
}

/**
 * Lets this process end at a signal.
 *
 * What it has started ends with it. Without this, the simulator's temporary folder for example would be left: a signal that is
 * not handled ends a process at once.
 */
export function exitAtSignal(): void {
	onSignal(() => process.exit(130));
}

/** Milliseconds in which a signal that comes again is the same one: npm and tsx may pass on what all of them have got. */
const SAME_SIGNAL_MS = 1_000;

/** Resolves when this process is asked to end. A signal more than a second later ends it at once. */
export const interruption = async () =>
	await new Promise<'interrupted'>((resolve) => {
		let firstAt: number | undefined;
		onSignal(() => {
			firstAt ??= Date.now();
			if (Date.now() - firstAt > SAME_SIGNAL_MS) process.exit(130);
			resolve('interrupted');
		});
	});
