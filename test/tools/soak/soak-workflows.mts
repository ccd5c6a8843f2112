import { randomUUID } from 'node:crypto';

import type { N8nInstance } from '../n8n/instance.mts';

const TALKDESK = 'n8n-nodes-talkdesk.talkdesk';
const TALKDESK_TRIGGER = 'n8n-nodes-talkdesk.talkdeskTrigger';
const CREDENTIAL_TYPE = 'talkdeskOAuth2Api';

interface Context {
	n8n: N8nInstance;
	credential: { id: string; name: string };
	/** The base URL of the event recorder, without a slash at the end. */
	recorderUrl: string;
}

interface SoakNode {
	name: string;
	type: string;
	typeVersion: number;
	parameters: Record<string, unknown>;
	webhookId?: string;
	retryOnFail?: boolean;
	maxTries?: number;
	waitBetweenTries?: number;
}

const webhook = (path: string): SoakNode => ({
	name: `When ${path}`,
	type: 'n8n-nodes-base.webhook',
	typeVersion: 2,
	parameters: { httpMethod: 'POST', path, responseMode: 'lastNode', options: {} },
	webhookId: path,
});

/** A node that posts its input. */
const post = (name: string, url: string): SoakNode => ({
	name,
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: {
		method: 'POST',
		url,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: '={{ JSON.stringify($json) }}',
		options: {},
	},
});

/** A short timeout, so that a hanging request costs seconds and not minutes; the rest is the default. */
const OPTIONS = { timeout: 3000, maxRetries: 8 };

/**
 * The actions of customers: start, send, end. Each is a webhook and a Talkdesk node. The idempotency key is that of the
 * channel, which may repeat a call. That of a message is its id in the channel, which counts from 1 in every chat.
 */
function outbound(): Array<[SoakNode, SoakNode]> {
	const idempotencyKey = '={{ $json.body.key }}';
	const talkdesk = (name: string, parameters: Record<string, unknown>): SoakNode => ({
		name,
		type: TALKDESK,
		typeVersion: 1,
		parameters,
	});
	return [
		[
			webhook('soak-start'),
			talkdesk('Start', {
				resource: 'conversation',
				operation: 'start',
				contactEmail: '={{ $json.body.email }}',
				contactCenterParameters: { phone: '={{ $json.body.phone }}' },
				transcriptSource: 'none',
				options: { ...OPTIONS, idempotencyKey },
			}),
		],
		[
			webhook('soak-send'),
			talkdesk('Send', {
				resource: 'message',
				operation: 'send',
				conversationId: '={{ $json.body.conversationId }}',
				text: '={{ $json.body.text }}',
				options: {
					...OPTIONS,
					idempotencyKey,
					ifConversationEnded: 'startNew',
					contactEmail: '={{ $json.body.email }}',
				},
			}),
		],
		[
			webhook('soak-end'),
			talkdesk('End', {
				resource: 'conversation',
				operation: 'end',
				conversationId: '={{ $json.body.conversationId }}',
				options: OPTIONS,
			}),
		],
	];
}

async function create(
	{ n8n, credential }: Context,
	name: string,
	nodes: SoakNode[],
	connections: Record<string, unknown>,
	settings: object = {},
): Promise<string> {
	const { id } = await n8n.api.createWorkflow({
		name,
		nodes: nodes.map((node) => ({
			...node,
			id: randomUUID(),
			position: [0, 0] as [number, number],
			...([TALKDESK, TALKDESK_TRIGGER].includes(node.type) && {
				credentials: { [CREDENTIAL_TYPE]: credential },
			}),
		})),
		connections,
		settings: { executionOrder: 'v1', ...settings },
	});
	await n8n.api.activate(id);
	return id;
}

const to = (node: string) => [{ node, type: 'main', index: 0 }];

/**
 * Publishes the workflows of the soak.
 *
 * @returns the base path for Talkdesk's integration, and the workflows of both directions
 */
export async function publishWorkflows(
	place: Context,
): Promise<{ basePath: string; outboundId: string; inboundId: string }> {
	const { n8n, recorderUrl } = place;
	const errors = await create(
		place,
		'When something fails',
		[
			{
				name: 'Error Trigger',
				type: 'n8n-nodes-base.errorTrigger',
				typeVersion: 1,
				parameters: {},
			},
			post('Report the failure', `${recorderUrl}/failures`),
		],
		{ 'Error Trigger': { main: [to('Report the failure')] } },
	);
	const pairs = outbound();
	const outboundId = await create(
		place,
		'From the customer',
		pairs.flat(),
		Object.fromEntries(pairs.map(([from, { name }]) => [from.name, { main: [to(name)] }])),
		{ errorWorkflow: errors },
	);
	const webhookId = randomUUID();
	const inboundId = await create(
		place,
		'To the customer',
		[
			{
				name: 'Talkdesk Trigger',
				type: TALKDESK_TRIGGER,
				typeVersion: 1,
				parameters: {
					events: ['conversation_started', 'message_created', 'conversation_ended'],
					options: {},
				},
				webhookId,
			},
			post('Send to the customer', `${recorderUrl}/events`),
		],
		{
			'Talkdesk Trigger': {
				main: [to('Send to the customer'), to('Send to the customer'), to('Send to the customer')],
			},
		},
		{ errorWorkflow: errors },
	);
	return { basePath: `${n8n.webhookUrl}/${webhookId}`, outboundId, inboundId };
}
