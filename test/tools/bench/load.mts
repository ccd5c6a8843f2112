import autocannon from 'autocannon';

export interface Target {
	url: string;
	headers: Record<string, string>;
	/** A unique body. */
	body: () => string;
}

export interface Load {
	connections: number;
	/** The total number of requests. */
	amount: number;
}

interface Answers {
	/** Milliseconds since 1970. */
	begunAt: number;
	/** From the beginning to the last response. */
	perSecond: number;
	/** Milliseconds that each request took. */
	latencies: number[];
}

/** Long, as concurrent requests wait for each other on a slow machine. */
const TIMEOUT_SECONDS = 180;

/**
 * Sends requests over several connections, each the next one after its response.
 *
 * @throws if a response is missing or not a 2xx
 */
export async function shoot({ url, headers, body }: Target, { connections, amount }: Load) {
	const latencies: number[] = [];
	const begunAt = Date.now();
	const begun = performance.now();
	let last = begun;
	const result = await new Promise<autocannon.Result>((resolve, reject) => {
		const instance = autocannon(
			{
				url,
				connections,
				amount,
				timeout: TIMEOUT_SECONDS,
				method: 'POST',
				headers: { 'content-type': 'application/json', ...headers },
				requests: [{ setupRequest: (request) => ({ ...request, body: body() }) }],
			},
			(error: unknown, finished) => {
				if (error) reject(error instanceof Error ? error : new Error(String(error)));
				else resolve(finished);
			},
		);
		// Not autocannon's own figures: it rounds them to milliseconds, and counts in whole seconds.
		instance.on('response', (_client, _statusCode, _resBytes, responseTime) => {
			latencies.push(responseTime);
			last = performance.now();
		});
	});
	const { non2xx, errors, timeouts } = result;
	if (non2xx + errors > 0 || latencies.length !== amount) {
		const told = JSON.stringify(result.statusCodeStats);
		throw new Error(
			`${url}: ${latencies.length} of ${amount} answers, ${errors} errors (${timeouts} without an answer in time), ${told}`,
		);
	}
	return { begunAt, perSecond: (amount * 1000) / (last - begun), latencies } satisfies Answers;
}
