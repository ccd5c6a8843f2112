import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { z } from 'zod';

import { startN8n, type N8nInstance } from '../tools/n8n/instance.mts';
import { PROJECT_FOLDER } from '../tools/n8n/pack.mts';
import type { ExecutionSummary } from '../tools/n8n/schemas.mts';
import { itemsOf } from '../tools/n8n/workflows.mts';
import { credentialFor } from '../simulator/credential.mts';
import type { Integration } from '../simulator/options.mts';
import { startSimulator, type TalkdeskSimulator } from '../simulator/simulator.mts';

export const TRIGGER = 'Talkdesk Trigger';

/** The fields of the credential for each mode, and Talkdesk's settings for it. */
export const AUTHENTICATIONS = {
	apiKey: {
		fields: { webhookApiKey: 'a long random key' },
		talkdesk: () => ({ type: 'apiKey', key: 'a long random key' }),
	},
	basicAuth: {
		fields: { webhookUser: 'talkdesk', webhookPassword: 'pass:wörd' },
		talkdesk: () => ({ type: 'basic', user: 'talkdesk', password: 'pass:wörd' }),
	},
	oAuth2: {
		fields: { webhookClientId: 'talkdesk', webhookClientSecret: 'se:cret+%' },
		talkdesk: (basePath: string) => ({
			type: 'oAuth2',
			tokenUrl: `${basePath}/oauth/token`,
			clientId: 'talkdesk',
			clientSecret: 'se:cret+%',
		}),
	},
	none: { fields: {}, talkdesk: () => ({ type: 'none' }) },
} as const satisfies Record<
	string,
	{
		fields: Record<string, string>;
		talkdesk: (basePath: string) => Integration['authentication'];
	}
>;
export type Mode = keyof typeof AUTHENTICATIONS;

/** A published workflow that has nothing but a Talkdesk Trigger. */
export interface Trigger {
	workflowId: string;
	credentialId: string;
	/** The base path for Talkdesk's calls, without a slash at the end. */
	basePath: string;
	/** The same while n8n listens for a test event. */
	testPath: string;
	/** The webhook fields of the trigger's credential. */
	fields: Record<string, string>;
	/** The touchpoint of the simulator that calls it. */
	touchpointId: string;
}

export interface Inbound {
	n8n: N8nInstance;
	talkdesk: TalkdeskSimulator;
	createTrigger(mode: Mode, options?: Record<string, unknown>): Promise<Trigger>;
	/** Does what “Listen for test event” does in the editor. */
	listen(trigger: Trigger): Promise<void>;
	/** A unique message in a new conversation: `c1`, `c2` and so on. */
	newMessage(): ReturnType<typeof messageOf>;
	/** The number of these messages so far. */
	messages(): number;
	/** The trigger's executions, at most 100. */
	executions(trigger: Trigger): Promise<ExecutionSummary[]>;
	/** Waits for a number of finished executions. @returns the trigger's output of all of them */
	outputOf(trigger: Trigger, count: number): Promise<TriggerOutput>;
	stop(): Promise<void>;
}

interface TriggerOutput {
	count: number;
	conversations: unknown[];
	/** In the same order. */
	texts: unknown[];
	/** The ids of failed executions. */
	failed: string[];
}

/** Sends one request, and gives any response. */
export const post = async (url: string, data: unknown, headers: Record<string, string> = {}) =>
	await axios.post<unknown>(url, data, { headers, validateStatus: () => true, proxy: false });

/** Starts a real n8n and a simulator, whose touchpoints call triggers that are created on demand. */
export async function startInbound(
	options: { n8nEnv?: NodeJS.ProcessEnv; onProgress?: (line: string) => void } = {},
): Promise<Inbound> {
	const talkdesk = await startSimulator({ touchpoints: [] });
	const n8n = await startN8n({
		packageFolder: PROJECT_FOLDER,
		env: options.n8nEnv,
		onProgress: options.onProgress,
	}).catch(async (error: unknown) => {
		await talkdesk.close();
		throw error;
	});
	const touchpoints: Array<{
		id: string;
		integration: Partial<Integration> & { basePath: string };
	}> = [];

	let messages = 0;
	const executions = async ({ workflowId }: Trigger) => await n8n.api.executions({ workflowId });

	return {
		n8n,
		talkdesk,
		executions,
		newMessage: () => messageOf(`c${++messages}`),
		messages: () => messages,
		async outputOf(trigger, count) {
			let all = await executions(trigger);
			const isOver = () =>
				all.length >= count && all.every(({ status }) => ['success', 'error'].includes(status));
			while (!isOver()) {
				await sleep(100);
				all = await executions(trigger);
			}
			const details = await Promise.all(all.map(async ({ id }) => await n8n.api.execution(id)));
			const items = details.flatMap((execution) =>
				[0, 1, 2].flatMap((output) => itemsOf(execution, TRIGGER, { output })),
			);
			return {
				count: all.length,
				conversations: items.map(({ json }) => json.conversationId),
				texts: items.map(({ json }) => json.text),
				failed: all.filter(({ status }) => status !== 'success').map(({ id }) => id),
			};
		},
		async createTrigger(mode, triggerOptions = {}) {
			const { fields, talkdesk: authentication } = AUTHENTICATIONS[mode];
			const data = { ...credentialFor(talkdesk), webhookAuthentication: mode, ...fields };
			const { id, name } = await n8n.api.createCredential(mode, 'talkdeskOAuth2Api', data);
			const webhookId = randomUUID();
			const workflow = await n8n.api.createWorkflow(
				workflowOf(webhookId, { id, name }, triggerOptions),
			);
			await n8n.api.activate(workflow.id);
			const basePath = `${n8n.webhookUrl}/${webhookId}`;
			const integration = { basePath, authentication: authentication(basePath) };
			touchpoints.push({ id: webhookId, integration });
			talkdesk.configure({ touchpoints });
			return {
				workflowId: workflow.id,
				credentialId: id,
				basePath,
				testPath: `${n8n.url}/webhook-test/${webhookId}`,
				fields,
				touchpointId: webhookId,
			};
		},
		async listen({ workflowId }) {
			const { email, password } = n8n.owner;
			const login = await post(`${n8n.url}/rest/login`, { emailOrLdapLoginId: email, password });
			const cookie = login.headers['set-cookie']?.map((one) => one.split(';')[0]).join('; ') ?? '';
			const body = { triggerToStartFrom: { name: TRIGGER } };
			const { data } = await post(`${n8n.url}/rest/workflows/${workflowId}/run`, body, { cookie });
			const isListening = z.object({ data: z.object({ waitingForWebhook: z.literal(true) }) });
			isListening.parse(data);
		},
		async stop() {
			await n8n.stop();
			await talkdesk.close();
		},
	};
}

/** Requests a token from a trigger, with the client in the body. */
export async function tokenOf({ basePath, fields }: Trigger): Promise<string> {
	const { data } = await post(`${basePath}/oauth/token`, {
		grant_type: 'client_credentials',
		client_id: fields.webhookClientId,
		client_secret: fields.webhookClientSecret,
	});
	return z.object({ access_token: z.string() }).parse(data).access_token;
}

const messageOf = (conversation_id: string) => ({
	event_type: 'MESSAGE_CREATED',
	conversation_id,
	timestamp: '2026-01-02T03:04:05.000Z',
	payload: { content: 'Yes', author: { type: 'AGENT', name: 'Zoe' } },
});

function workflowOf(
	webhookId: string,
	credential: { id: string; name: string },
	options: Record<string, unknown>,
) {
	return {
		name: `Inbound ${webhookId}`,
		nodes: [
			{
				id: randomUUID(),
				webhookId,
				name: TRIGGER,
				type: 'n8n-nodes-talkdesk.talkdeskTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: { options },
				credentials: { talkdeskOAuth2Api: credential },
			},
		],
		connections: {},
		settings: { executionOrder: 'v1' },
	};
}
