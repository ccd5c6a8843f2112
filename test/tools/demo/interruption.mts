/** Resolves when this process is asked to end, by Ctrl-C for example. */
export const interruption = async () =>
	await new Promise<'interrupted'>((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
			process.once(signal, () => resolve('interrupted'));
		}
	});
