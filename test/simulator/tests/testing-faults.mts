import axios from 'axios';
import type { Fault, TalkdeskSimulator } from '../simulator.mts';
import { tokenFor } from './testing.mts';

/** Helpers for the tests of faults. */

export const sendRoute = 'POST /api/digital-connect/conversations/:id/messages';

/** The error code of a request without a response. */
export const codeOf = async (work: Promise<unknown>) =>
	work.then(
		(answer) => answer,
		(error: unknown) => (axios.isAxiosError(error) ? error.code : error),
	);

/** Sets one fault for all requests of a route. */
export function setFault(talkdesk: TalkdeskSimulator, faultyRoute: string, fault: Fault): void {
	talkdesk.configure({ faults: ({ route }) => (route === faultyRoute ? fault : undefined) });
}

/** A request that a test can abort. */
export async function abortableSend(talkdesk: TalkdeskSimulator, path: string, data: unknown) {
	const authorization = `Bearer ${await tokenFor(talkdesk)}`;
	const abort = new AbortController();
	const answer = codeOf(
		axios.post(talkdesk.apiBaseUrl + path, data, {
			headers: { authorization, 'x-idempotency-key': 'impatient' },
			signal: abort.signal,
			proxy: false,
		}),
	);
	return { answer, abort: () => abort.abort() };
}
