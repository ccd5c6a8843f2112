import type { Environment } from '../tools/demo/environment.mts';

export const SEND_ROUTE = 'POST /api/digital-connect/conversations/:id/messages';

/**
 * Lets Talkdesk refuse the next message, which is sent again after three seconds. Messages that come then wait for it.
 *
 * n8n may run the nodes of two executions in another order than it starts them. So a test of the order sends the others when the
 * first has been refused.
 *
 * @returns fulfilled when it has been refused
 */
export async function refuseNext(talkdesk: Environment['talkdesk']): Promise<void> {
	await new Promise<void>((resolve) => {
		talkdesk.configure({
			faults: ({ route }) => {
				if (route !== SEND_ROUTE) return undefined;
				talkdesk.configure({ faults: () => undefined });
				resolve();
				return { kind: 'rateLimited', retryAfterSeconds: 3 };
			},
		});
	});
}

/** Makes calls as far apart as the messages of a quick typist, so that n8n starts them in this order. */
export async function callInOrder<Result>(
	calls: ReadonlyArray<() => Promise<Result>>,
): Promise<Array<Promise<Result>>> {
	const running: Array<Promise<Result>> = [];
	for (const call of calls) {
		running.push(call());
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return running;
}
