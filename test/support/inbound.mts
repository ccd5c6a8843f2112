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

/** What the credential has for each mode, and how Talkdesk is set up for it. */
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
	/** What Talkdesk calls, without a slash at the end. */
	basePath: string;
	/** The same while n8n listens for a test event. */
	testPath: string;
	/** What the trigger's credential has for calls of Talkdesk. */
	fields: Record<string, string>;
	/** The touchpoint of the local Talkdesk that calls it. */
	touchpointId: string;
}

export interface Inbound {
	n8n: N8nInstance;
	talkdesk: TalkdeskSimulator;
	createTrigger(mode: Mode, options?: Record<string, unknown>): Promise<Trigger>;
	/** Does what “Listen for test event” does in the editor. */
	listen(trigger: Trigger): Promise<void>;
	/** A message of a conversation of its own, `c1`, `c2` and so on: unlike any other one. */
	newMessage(): ReturnType<typeof messageOf>;
	/** How many of them there are so far. */
	messages(): number;
	/** The trigger's executions, at most 100. */
	executions(trigger: Trigger): Promise<ExecutionSummary[]>;
	/** What the trigger put out over all of these executions, once there are so many and all have ended. */
	outputOf(trigger: Trigger, count: number): Promise<PutOut>;
	stop(): Promise<void>;
}

interface PutOut {
	count: number;
	conversations: unknown[];
	/** In the same order. */
	texts: unknown[];
	/** The ids of executions that are no success. */
	failed: string[];
}

/** Sends one request as it is, and gives whatever answer there is. */
export const post = async (url: string, data: unknown, headers: Record<string, string> = {}) =>
	await axios.post<unknown>(url, data, { headers, validateStatus: () => true, proxy: false });

/** A real n8n and a local Talkdesk, whose touchpoints call triggers that are made on demand. */
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

/** Fetches a token from a trigger, with the client in the body. */
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
