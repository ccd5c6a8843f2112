import { sleep } from 'n8n-workflow';

/** The error of a request that took too long, with the code that Node.js has for it. */
class DeadlineError extends Error {
	readonly code = 'ETIMEDOUT';
}

/**
 * Ends a request that takes longer than allowed, also one whose answer drips in: axios' own timeout starts anew with every
 * byte. And one of an execution that is stopped; if it was stopped before, nothing is sent.
 *
 * @param options.signal stops the request, too
 * @param options.isExcused asked when the time is over: whether the request may take the same time once more
 * @throws an error with the code ETIMEDOUT; what the request throws
 */
export async function withDeadline<Result>(
	request: (signal: AbortSignal) => Promise<Result>,
	{
		milliseconds,
		isExcused,
		signal,
	}: { milliseconds: number; isExcused: () => boolean; signal?: AbortSignal },
): Promise<Result> {
	// Who comes after the stop hears of it no more.
	if (signal?.aborted) throw new DeadlineError('The execution was stopped');
	const deadline = new AbortController();
	const stop = () => deadline.abort();
	signal?.addEventListener('abort', stop);
	const done = new AbortController();
	const watch = async () => {
		do {
			await sleep(milliseconds, done.signal);
		} while (isExcused());
		deadline.abort();
	};
	// Rejects when the request is done in time.
	watch().catch(() => undefined);
	try {
		return await request(deadline.signal);
	} catch (error) {
		throw deadline.signal.aborted ? new DeadlineError('The request took too long') : error;
	} finally {
		done.abort();
		signal?.removeEventListener('abort', stop);
	}
}
