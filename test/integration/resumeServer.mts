import { createServer, type Server } from 'node:http';

/** What n8n's waiting webhook answers to a call: status and body, or no answer at all. */
export type ResumeAnswer = { status: number; body: object } | 'cut';

export const TAKEN = { status: 200, body: { accepted: true } };
export const UNWANTED = { status: 200, body: { accepted: false } };
export const later = (retryAfter: number) => ({
	status: 409,
	body: { accepted: false, retryAfter },
});
export const BUSY = {
	status: 409,
	body: { code: 409, message: 'The execution "7" is running already.' },
};
// The missing quote is n8n's.
export const OVER = {
	status: 409,
	body: { code: 409, message: 'The execution "7 has finished already.' },
};
export const ELSEWHERE = {
	status: 404,
	body: {
		message:
			'The workflow for execution "7" does not contain a waiting webhook with a matching path/method.',
	},
};
// A proxy's, whose n8n is just starting.
export const NOT_FOUND = { status: 404, body: { message: 'page not found' } };
export const DELETED = { status: 404, body: { message: 'The execution "7" does not exist.' } };
// n8n's answer if it has canceled the execution, or another call has just woken it.
export const REFUSED = {
	status: 500,
	body: { code: 0, message: 'There was a problem executing the workflow' },
};
export const DATABASE_FAILS = {
	status: 500,
	body: { code: 0, message: 'SQLITE_BUSY: database is locked' },
};
export const BAD_GATEWAY = { status: 502, body: {} };

type Call = Record<string, unknown>;

/**
 * Stands for n8n's webhook that wakes an execution. It gives its answers one by one, the last one again and again.
 *
 * @param answers a function gets the calls until then
 */
export async function startResumeServer(
	...answers: Array<ResumeAnswer | ((calls: Call[]) => ResumeAnswer)>
) {
	const calls: Call[] = [];
	const server: Server = createServer((request, response) => {
		let text = '';
		request.on('data', (chunk) => (text += String(chunk)));
		request.on('end', () => {
			calls.push(JSON.parse(text));
			const next = (answers.length > 1 ? answers.shift() : answers[0]) ?? 'cut';
			const answer = typeof next === 'function' ? next(calls) : next;
			if (typeof answer === 'string') return void request.socket.destroy();
			response.writeHead(answer.status, { 'content-type': 'application/json' });
			response.end(JSON.stringify(answer.body));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	const port = typeof address === 'object' ? address?.port : '';
	return {
		/** With a token that must appear nowhere. */
		url: `http://127.0.0.1:${port}/webhook-waiting/7/talkdesk?signature=CANARY`,
		calls,
		/** Those that are left. */
		answers,
		close: () => void server.close(),
	};
}
