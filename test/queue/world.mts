import { randomBytes } from 'node:crypto';

import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { type QueueN8n, startQueueN8n } from '../n8n/queue.mts';
import { startChat } from '../play/chat.mts';
import { importExample, type World } from '../play/world.mts';
import { credentialFor } from '../sandbox/credential.mts';
import { startTalkdesk } from '../sandbox/talkdesk.mts';

/** As the world of the other end-to-end tests, with n8n in queue mode. */
export interface QueueWorld extends World {
	n8n: QueueN8n;
}

const CREDENTIAL_TYPE = 'talkdeskOAuth2Api';

/**
 * Builds the world. The package must be built.
 *
 * @param n8nEnv further environment variables for all of n8n's processes
 * @throws what kept it from starting; nothing is left running then
 */
export async function createQueueWorld(n8nEnv: NodeJS.ProcessEnv = {}): Promise<QueueWorld> {
	const ends: Array<() => Promise<void>> = [];
	const stop = async () => {
		const failed: unknown[] = [];
		for (const end of ends.splice(0).reverse()) await end().catch((error) => failed.push(error));
		if (failed.length > 0) throw new AggregateError(failed, 'not everything could be stopped');
	};
	try {
		const talkdesk = await startTalkdesk();
		ends.push(async () => await talkdesk.close());
		const chat = await startChat();
		ends.push(async () => await chat.close());
		const n8n = await startQueueN8n({ packageFolder: PROJECT_FOLDER, env: n8nEnv });
		ends.push(async () => await n8n.stop());

		const webhookApiKey = randomBytes(24).toString('hex');
		const credentialData = {
			...credentialFor(talkdesk),
			webhookAuthentication: 'apiKey',
			webhookApiKey,
		};
		const credential = await n8n.api.createCredential('Talkdesk', CREDENTIAL_TYPE, credentialData);
		const { workflowId, basePath } = await importExample(n8n, 'live-chat-hand-off', {
			credentials: { [CREDENTIAL_TYPE]: credential },
			chat,
		});
		chat.webhookUrl = `${n8n.webhookUrl}/live-chat`;
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
