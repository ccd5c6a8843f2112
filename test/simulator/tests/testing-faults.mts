import axios from 'axios';
import type { Fault, TalkdeskSimulator } from '../simulator.mts';
import { tokenFor } from './testing.mts';

/** What the tests of faults share. */

export const sendRoute = 'POST /api/digital-connect/conversations/:id/messages';

/** The error code of a request that gets no answer. */
export const codeOf = async (work: Promise<unknown>) =>
	work.then(
		(answer) => answer,
		(error: unknown) => (axios.isAxiosError(error) ? error.code : error),
	);

/** One fault for every request to the route from now on. */
export function spoil(talkdesk: TalkdeskSimulator, where: string, fault: Fault): void {
	talkdesk.configure({ faults: ({ route }) => (route === where ? fault : undefined) });
}

/** A request that a test can give up. */
export async function impatient(talkdesk: TalkdeskSimulator, path: string, data: unknown) {
	const authorization = `Bearer ${await tokenFor(talkdesk)}`;
	const patience = new AbortController();
	const answer = codeOf(
		axios.post(talkdesk.apiBaseUrl + path, data, {
			headers: { authorization, 'x-idempotency-key': 'impatient' },
			signal: patience.signal,
			proxy: false,
		}),
	);
	return { answer, giveUp: () => patience.abort() };
}
