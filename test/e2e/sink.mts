import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

type Event = Record<string, unknown>;

/** What has come to a URL, in its order. */
export interface Sink {
	url: string;
	events: Event[];
	/** Waits for an event with these values. */
	find(wanted: Event): Promise<Event>;
	/** The events of a conversation. */
	of(conversationId: string): Event[];
	/** The texts of a conversation's events. */
	textsOf(conversationId: string): unknown[];
	close(): void;
}

/** Starts a server that keeps the JSON which is sent to it. */
export async function startSink(): Promise<Sink> {
	const events: Event[] = [];
	const server = createServer((request, response) => {
		let text = '';
		request.on('data', (chunk) => (text += String(chunk)));
		request.on('end', () => {
			events.push(JSON.parse(text));
			response.end('{}');
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	const of = (conversationId: string) =>
		events.filter((event) => event.conversationId === conversationId);
	return {
		url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`,
		events,
		async find(wanted) {
			for (let attempt = 0; attempt < 300; attempt++) {
				const found = events.find((event) =>
					Object.entries(wanted).every(([key, value]) => event[key] === value),
				);
				if (found) return found;
				await sleep(100);
			}
			throw new Error(`no event ${JSON.stringify(wanted)} in ${JSON.stringify(events)}`);
		},
		of,
		textsOf: (conversationId) => of(conversationId).flatMap(({ text }) => text ?? []),
		close: () => void server.close(),
	};
}
