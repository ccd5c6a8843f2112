import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';

import {
	startEnvironment,
	type Environment,
	type EnvironmentOptions,
} from '../tools/demo/environment.mts';

type Node = ReturnType<typeof node>;
type Event = Record<string, unknown>;

/** A node of a workflow that a test makes. */
export const node = (name: string, type: string, typeVersion: number, parameters: object) => ({
	id: name,
	name,
	type,
	typeVersion,
	position: [0, 0] as [number, number],
	parameters: { ...parameters },
	webhookId: name.toLowerCase().replace(/\W/g, '-'),
});

/** A webhook that answers with the output of the last node. */
export const webhook = (path: string, responseMode = 'lastNode') =>
	node(path, 'n8n-nodes-base.webhook', 2, { httpMethod: 'POST', path, responseMode, options: {} });

/** Puts out one item. @param expression the JSON of it */
export const set = (name: string, expression: string) =>
	node(name, 'n8n-nodes-base.set', 3.4, { mode: 'raw', jsonOutput: expression });

/** Sends the JSON of its item to a URL. */
export const post = (name: string, url: string) =>
	node(name, 'n8n-nodes-base.httpRequest', 4.2, {
		method: 'POST',
		url,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: '={{ $json }}',
		options: {},
	});

/** What has come to a URL, in its order. */
export interface Sink {
	url: string;
	events: Event[];
	/** Waits for an event with these values. */
	find(wanted: Event): Promise<Event>;
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
		close: () => void server.close(),
	};
}

/** A real n8n with the package and the simulator, for workflows that a test makes. */
export async function startWorkflows(options: EnvironmentOptions = {}) {
	const environment: Environment = await startEnvironment(options);
	const talkdesk = (name: string, parameters: object, type = 'talkdesk') => ({
		...node(name, `n8n-nodes-talkdesk.${type}`, 1, parameters),
		credentials: { talkdeskOAuth2Api: environment.credential },
	});
	return {
		environment,
		agent: environment.talkdesk.agent,
		talkdesk,
		trigger: (options: object = {}) =>
			talkdesk(
				'Trigger',
				{ events: ['conversation_started', 'message_created', 'conversation_ended'], options },
				'talkdeskTrigger',
			),
		/** Publishes a workflow. @param connections for each node, those behind each of its outputs. @returns its ID */
		async publish(nodes: Node[], connections: Record<string, string[][]>): Promise<string> {
			const { id } = await environment.n8n.api.createWorkflow({
				name: nodes[0]?.name ?? '',
				nodes,
				connections: Object.fromEntries(
					Object.entries(connections).map(([from, outputs]) => [
						from,
						{
							main: outputs.map((to) => to.map((name) => ({ node: name, type: 'main', index: 0 }))),
						},
					]),
				),
				settings: { executionOrder: 'v1' },
			});
			await environment.n8n.api.activate(id);
			return id;
		},
		/** Lets Talkdesk call a trigger. */
		connect(trigger: Node): void {
			const key = environment.credentialData.webhookApiKey ?? '';
			const basePath = `${environment.n8n.webhookUrl}/${trigger.webhookId}`;
			environment.talkdesk.configure({
				touchpoints: [
					{
						id: 'local-touchpoint',
						integration: { basePath, authentication: { type: 'apiKey', key } },
					},
				],
			});
		},
		/** Calls a webhook of a workflow. @returns its answer */
		async call(path: string, body: object) {
			const { data } = await axios.post(`${environment.n8n.webhookUrl}/${path}`, body);
			return data;
		},
		stop: async () => await environment.stop(),
	};
}
