import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { MAX_KEYS } from '../../../nodes/Talkdesk/deduplication/database.ts';
import type { N8nInstance } from '../n8n/instance.mts';
import type { Target } from './load.mts';
import type { Source } from './source.mts';
import {
	begin,
	chain,
	createChain,
	CREDENTIAL_TYPE,
	run,
	TALKDESK_TRIGGER,
	type BenchNode,
} from './bench-workflows.mts';

/** A published workflow with nothing but a webhook trigger. */
export interface Listener extends Target {
	name: string;
	workflowId: string;
}

const TIMEOUT_MS = 180_000;
const POLL_MS = 250;

/** A unique event of a message of an agent, in a new conversation by default. */
export const newMessage = (conversationId: string = randomUUID()) =>
	JSON.stringify({
		event_type: 'MESSAGE_CREATED',
		conversation_id: conversationId,
		timestamp: new Date().toISOString(),
		payload: {
			id: randomUUID(),
			content: 'Hello, how can I help you today?',
			author: { type: 'AGENT', name: 'Zoe' },
		},
	});

/** Conversations that are open at the same time. */
const OPEN = 50;
/** Messages of the agent in each. */
const MESSAGES = 10;

/** Makes events of messages in many open conversations, one in turn. A new conversation takes the place of one that is over. */
function messagesOfConversations(): () => string {
	const open: string[] = [];
	let sent = 0;
	return () => {
		const nth = sent % OPEN;
		// One tenth of them is over after each turn, not all at once.
		const isOver = (Math.floor(sent / OPEN) + nth) % MESSAGES === 0;
		sent++;
		const kept = isOver ? undefined : open[nth];
		const conversationId = kept ?? randomUUID();
		open[nth] = conversationId;
		return newMessage(conversationId);
	};
}

/**
 * Fills the processed keys of a node up to the trigger's limit, at which they cost the most. n8n finds them by the node's id, so
 * another node with this id can fill them.
 */
async function createWithMemory(n8n: N8nInstance, source: Source, id: string): Promise<string> {
	source.put(Array.from({ length: MAX_KEYS }, () => ({ event: randomUUID() })));
	const workflowId = await createChain(n8n, 'Memory', [
		begin,
		source.node,
		{
			id,
			name: 'Remember',
			type: 'n8n-nodes-base.removeDuplicates',
			typeVersion: 2,
			parameters: {
				operation: 'removeItemsSeenInPreviousExecutions',
				logic: 'removeItemsWithAlreadySeenKeyValues',
				dedupeValue: '={{ $json.event }}',
				options: {},
			},
		},
	]);
	await run(n8n, workflowId);
	return workflowId;
}

/** Publishes workflows that differ in their trigger only: the Talkdesk Trigger, and n8n's Webhook with and without authentication. */
export async function publishListeners(n8n: N8nInstance, source: Source) {
	const key = randomBytes(24).toString('hex');
	const talkdesk = await n8n.api.createCredential('Talkdesk', CREDENTIAL_TYPE, {
		region: 'custom',
		// They get no calls.
		tokenUrl: `${n8n.url}/nothing`,
		apiBaseUrl: `${n8n.url}/nothing`,
		clientId: 'client',
		clientSecret: 'secret',
		webhookAuthentication: 'apiKey',
		webhookApiKey: key,
	});
	const header = await n8n.api.createCredential('Header', 'httpHeaderAuth', {
		name: 'X-Api-Key',
		value: key,
	});

	/** Publishes `node` as the trigger of a new or an existing workflow. */
	const publish = async (
		node: BenchNode,
		{ path = '', workflowId }: { path?: string; workflowId?: string } = {},
	): Promise<Listener> => {
		const { name, webhookId } = node;
		const nothing = { name: 'Nothing', type: 'n8n-nodes-base.noOp', parameters: {} };
		const content = { name, ...chain([node, nothing]) };
		const { id } = workflowId
			? await n8n.api.updateWorkflow(workflowId, content)
			: await n8n.api.createWorkflow(content);
		await n8n.api.activate(id);
		return {
			name,
			workflowId: id,
			url: `${n8n.webhookUrl}/${webhookId}${path}`,
			headers: { 'x-api-key': key },
			body: messagesOfConversations(),
		};
	};
	const webhook = (
		name: string,
		authentication: 'none' | 'headerAuth',
		typeVersion = 2,
	): BenchNode => {
		const webhookId = randomUUID();
		const answers = { httpMethod: 'POST', responseMode: 'onReceived', options: {} };
		return {
			name,
			type: 'n8n-nodes-base.webhook',
			typeVersion,
			parameters: { ...answers, path: webhookId, authentication },
			webhookId,
			...(authentication === 'headerAuth' && { credentials: { httpHeaderAuth: header } }),
		};
	};
	const path = '/message_created';
	const trigger = (name: string, options: Record<string, unknown>) =>
		({
			id: randomUUID(),
			name,
			type: TALKDESK_TRIGGER,
			parameters: { events: ['message_created'], options },
			webhookId: randomUUID(),
			credentials: { [CREDENTIAL_TYPE]: talkdesk },
		}) satisfies BenchNode;
	const ours = trigger('Talkdesk Trigger, API key', {});
	return {
		ours: await publish(ours, {
			path,
			workflowId: await createWithMemory(n8n, source, ours.id),
		}),
		/** The Webhook node does not look for duplicates either. */
		unchecked: await publish(
			trigger('Talkdesk Trigger, API key, duplicates not ignored', { ignoreDuplicates: false }),
			{ path },
		),
		open: await publish(webhook('Webhook, no authentication', 'none')),
		authenticated: await publish(webhook('Webhook, header authentication', 'headerAuth')),
		// n8n creates no isolate for calls of its own Webhook node from version 2 on (`webhookPhaseNeedsIsolate` in
		// live-webhooks.js). With version 1 it does, as for all other triggers.
		ordinary: await publish(webhook('Webhook version 1, header authentication', 'headerAuth', 1)),
	};
}

/**
 * Waits until n8n has finished the executions of a listener.
 *
 * @param expected the total number of executions
 * @returns the time at which the last of them ended, in milliseconds since 1970
 * @throws if one failed, or there are more or fewer
 */
export async function workedOff(
	{ api }: N8nInstance,
	{ name, workflowId }: Pick<Listener, 'name' | 'workflowId'>,
	expected: number,
): Promise<number> {
	const end = Date.now() + TIMEOUT_MS;
	let done = await api.countExecutions(workflowId, 'success');
	while (done < expected && Date.now() < end) {
		await sleep(POLL_MS);
		done = await api.countExecutions(workflowId, 'success');
	}
	// The newest hundred: more than run at the same time.
	const newest = await api.executions({ workflowId });
	const others = newest.filter(({ status }) => status !== 'success');
	if (done !== expected || others.length > 0) {
		const told = others.map(({ id, status }) => `${id} ${status}`).join(', ');
		throw new Error(
			`${name}: ${done} of ${expected} executions succeeded. Others: ${told || 'none'}`,
		);
	}
	return Math.max(...newest.map(({ stoppedAt }) => Date.parse(stoppedAt ?? '')));
}
