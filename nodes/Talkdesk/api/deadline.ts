import { sleep } from 'n8n-workflow';

/** The error of a request past its deadline, with the code of a timeout in Node.js. */
class DeadlineError extends Error {
	readonly code = 'ETIMEDOUT';
}

/**
 * Aborts a request at its deadline, or when the execution is stopped: docs/decisions/0020.
 *
 * @param request gets the signal that aborts it
 * @param options.milliseconds until the deadline
 * @param options.shouldExtend called at the deadline; true extends it by the same time
 * @param options.signal of the execution; if it is aborted already, nothing is sent
 * @throws DeadlineError; the error of the request
 */
export async function withDeadline<Result>(
	request: (signal: AbortSignal) => Promise<Result>,
	{
		milliseconds,
		shouldExtend,
		signal,
	}: { milliseconds: number; shouldExtend: () => boolean; signal?: AbortSignal },
): Promise<Result> {
	// A signal that was aborted before doesn't fire its event again.
	if (signal?.aborted) throw new DeadlineError('The execution was stopped');
	const deadline = new AbortController();
	const stop = () => deadline.abort();
	signal?.addEventListener('abort', stop);
	const finished = new AbortController();
	const watch = async () => {
		do {
			await sleep(milliseconds, finished.signal);
		} while (shouldExtend());
		deadline.abort();
	};
	// `sleep` rejects if the request finishes in time.
	watch().catch(() => undefined);
	try {
		return await request(deadline.signal);
	} catch (error) {
		throw deadline.signal.aborted ? new DeadlineError('The request took too long') : error;
	} finally {
		finished.abort();
		signal?.removeEventListener('abort', stop);
	}
}
