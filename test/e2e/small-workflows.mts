import axios from 'axios';

import {
	startEnvironment,
	type Environment,
	type EnvironmentOptions,
} from '../tools/demo/environment.mts';
import type { N8nApi } from '../tools/n8n/api.mts';
import { startSink, type Sink } from './sink.mts';

/** What has come out of a trigger. */
export interface TriggerSink extends Sink {
	/** What has come out of its output for messages. */
	messages: Sink;
	workflowId: string;
}

type Node = ReturnType<typeof node>;

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

/** A field of what a webhook was called with, for the node behind it. */
export const body = (field: string) => `={{ $json.body.${field} }}`;

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

/** Publishes a workflow. @param connections for each node, those behind each of its outputs. @returns its ID */
async function publish(
	api: N8nApi,
	nodes: Node[],
	connections: Record<string, string[][]>,
	settings: object = {},
): Promise<string> {
	const { id } = await api.createWorkflow({
		name: nodes[0]?.name ?? '',
		nodes,
		connections: Object.fromEntries(
			Object.entries(connections).map(([from, outputs]) => [
				from,
				{ main: outputs.map((to) => to.map((name) => ({ node: name, type: 'main', index: 0 }))) },
			]),
		),
		settings: { executionOrder: 'v1', ...settings },
	});
	await api.activate(id);
	return id;
}

/**
 * Publishes a workflow whose nodes follow each other.
 *
 * @param backTo the node that follows the last one, in a loop
 * @returns the workflow's ID
 */
export async function publishRow(
	api: N8nApi,
	nodes: Node[],
	{ backTo, settings }: { backTo?: string; settings?: object } = {},
): Promise<string> {
	const connections: Record<string, string[][]> = {};
	for (const [index, { name }] of nodes.entries()) {
		const next = nodes[index + 1]?.name ?? backTo;
		if (next !== undefined) connections[name] = [[next]];
	}
	return await publish(api, nodes, connections, settings);
}

export type SmallWorkflows = Awaited<ReturnType<typeof startWorkflows>>;

/** A real n8n with the package and the simulator, for workflows that a test makes. */
export async function startWorkflows(options: EnvironmentOptions = {}) {
	const environment: Environment = await startEnvironment(options);
	const { api, webhookUrl } = environment.n8n;
	const sinks: Sink[] = [];
	const sink = async (): Promise<Sink> => {
		const started = await startSink();
		sinks.push(started);
		return started;
	};
	const talkdesk = (name: string, parameters: object, type = 'talkdesk') => ({
		...node(name, `n8n-nodes-talkdesk.${type}`, 1, parameters),
		credentials: { talkdeskOAuth2Api: environment.credential },
	});
	const trigger = (triggerOptions: object = {}) =>
		talkdesk(
			'Trigger',
			{
				events: ['conversation_started', 'message_created', 'conversation_ended'],
				options: triggerOptions,
			},
			'talkdeskTrigger',
		);
	/** Lets Talkdesk call a base path. */
	const connect = (basePath = `${webhookUrl}/${trigger().webhookId}`): void => {
		const key = environment.credentialData.webhookApiKey ?? '';
		const integration = { basePath, authentication: { type: 'apiKey' as const, key } };
		environment.talkdesk.configure({ touchpoints: [{ id: 'local-touchpoint', integration }] });
	};
	/** Calls a webhook of a workflow. @returns its answer */
	const call = async (path: string, given: object) => {
		const { data } = await axios.post(`${webhookUrl}/${path}`, given);
		return data;
	};
	return {
		environment,
		agent: environment.talkdesk.agent,
		talkdesk,
		/** Starts the conversation of a session behind a webhook, which is called with the session's ID. */
		start: (parameters: object = {}) =>
			talkdesk('Start', {
				resource: 'conversation',
				operation: 'start',
				contactEmail: 'ann@example.com',
				sessionId: body('sessionId'),
				options: {},
				...parameters,
			}),
		/** Waits for the reply of its item's conversation. */
		wait: (name: string, parameters: object = {}) =>
			talkdesk(name, {
				resource: 'message',
				operation: 'sendAndWaitForReply',
				conversationId: '={{ $json.conversationId }}',
				options: {},
				...parameters,
			}),
		/** Publishes a workflow. @param connections for each node, those behind each of its outputs. @returns its ID */
		publish: async (nodes: Node[], connections: Record<string, string[][]>) =>
			await publish(api, nodes, connections),
		/** Publishes a workflow whose nodes follow each other. @param backTo follows the last one. @returns its ID */
		publishRow: async (nodes: Node[], backTo?: string) =>
			await publishRow(api, nodes, { ...(backTo !== undefined && { backTo }) }),
		sink,
		/** Publishes the trigger and lets Talkdesk call it. @param settings of its node. @returns what leaves it */
		async listen(triggerOptions: object = {}, settings: object = {}): Promise<TriggerSink> {
			const [triggered, messages] = [await sink(), await sink()];
			const outputs = [['Sink'], ['Sink', 'Messages'], ['Sink']];
			const receivers = [post('Sink', triggered.url), post('Messages', messages.url)];
			const nodes = [{ ...trigger(triggerOptions), ...settings }, ...receivers];
			const workflowId = await publish(api, nodes, { Trigger: outputs });
			connect();
			return { ...triggered, messages, workflowId };
		},
		/** Lets Talkdesk call the trigger again. */
		connect: () => connect(),
		/** Lets Talkdesk call a place that doesn't answer. */
		disconnect: () => connect('http://127.0.0.1:9'),
		call,
		/** Calls a webhook whose workflow starts a conversation, and lets an agent join. @returns the conversation's ID */
		async startBy(path: string, given: object): Promise<string> {
			const { talkdesk: simulator } = environment;
			const before = simulator.conversations().length;
			await call(path, given);
			await simulator.waitFor(() => simulator.conversations().length > before, {
				what: 'the conversation',
				timeoutMs: 20_000,
			});
			const id = simulator.conversations().at(-1)?.id ?? '';
			await simulator.agent.join(id, { name: 'Zoe' });
			return id;
		},
		async stop() {
			for (const started of sinks) started.close();
			await environment.stop();
		},
	};
}
