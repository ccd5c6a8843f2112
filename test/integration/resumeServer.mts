import { createServer, type Server } from 'node:http';

/** What n8n's waiting webhook answers to a call: status and body, or no answer at all. */
export type ResumeAnswer = { status: number; body: object } | 'cut';

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
