import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { workflowSchema } from '../n8n/schemas.mts';
import { startTalkdesk, type LocalTalkdesk, type TalkdeskOptions } from '../sandbox/talkdesk.mts';
import { startChat, type Chat } from './chat.mts';

/** A real n8n with the built package and the example, a Talkdesk, and a web site's chat, all connected. */
export interface World {
	talkdesk: LocalTalkdesk;
	n8n: N8nInstance;
	chat: Chat;
	/** The credential in n8n, for both directions. */
	credential: { id: string; name: string };
	/** What the credential holds. */
	credentialData: Record<string, string>;
	/** The example "Live chat hand-off", active. */
	workflowId: string;
	/** What Talkdesk calls, without a slash at the end. */
	basePath: string;
	stop(): Promise<void>;
}

export interface WorldOptions {
	talkdesk?: TalkdeskOptions;
	n8nPort?: number;
	onProgress?: (line: string) => void;
}

const CREDENTIAL_TYPE = 'talkdeskOAuth2Api';
const TRIGGER_TYPE = 'n8n-nodes-talkdesk.talkdeskTrigger';

/** Reads a workflow of `examples/` as a user would import it. */
export function readExample(name: string) {
	const file = path.join(PROJECT_FOLDER, 'examples', `${name}.json`);
	return workflowSchema.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
}

/**
 * Builds the world. The package must be built; n8n is installed where it is missing.
 *
 * @throws what kept it from starting; nothing is left running then
 */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
	const ends: Array<() => Promise<void>> = [];
	const stop = async () => {
		// In the reverse order, and all of them: a failed end must not leave the others running.
		const failed: unknown[] = [];
		for (const end of ends.splice(0).reverse()) await end().catch((error) => failed.push(error));
		if (failed.length > 0) throw new AggregateError(failed, 'not everything could be stopped');
	};

	try {
		const talkdesk = await startTalkdesk(options.talkdesk);
		ends.push(async () => await talkdesk.close());
		const chat = await startChat();
		ends.push(async () => await chat.close());
		const n8n = await startN8n({
			packageFolder: PROJECT_FOLDER,
			port: options.n8nPort,
			onProgress: options.onProgress,
		});
		ends.push(async () => await n8n.stop());

		// What a user does by hand: enter the credential, import the example and choose the credential in it, …
		const webhookApiKey = randomBytes(24).toString('hex');
		const credentialData = {
			region: 'custom',
			tokenUrl: talkdesk.tokenUrl,
			apiBaseUrl: talkdesk.apiBaseUrl,
			clientId: 'local-client',
			clientSecret: 'local-secret',
			touchpointId: 'local-touchpoint',
			webhookAuthentication: 'apiKey',
			webhookApiKey,
		};
		const credential = await n8n.api.createCredential('Talkdesk', CREDENTIAL_TYPE, credentialData);
		const example = readExample('live-chat-hand-off');
		// … enter the address of the chat, …
		for (const node of example.nodes) {
			if (node.name === 'Tell the customer') node.parameters.url = chat.messagesUrl;
		}
		const { id: workflowId } = await n8n.api.importWorkflow(example, {
			credentials: { [CREDENTIAL_TYPE]: credential },
		});
		await n8n.api.activate(workflowId);
		chat.webhookUrl = `${n8n.webhookUrl}/live-chat`;

		// … and copy the trigger's webhook URL into Talkdesk.
		const trigger = example.nodes.find(({ type }) => type === TRIGGER_TYPE);
		const basePath = `${n8n.webhookUrl}/${trigger?.webhookId ?? ''}`;
		const authentication = { type: 'apiKey' as const, key: webhookApiKey };
		talkdesk.configure({
			touchpoints: [{ id: 'local-touchpoint', integration: { basePath, authentication } }],
		});

		return { talkdesk, n8n, chat, credential, credentialData, workflowId, basePath, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
