import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';

import { createCleanup } from '../process/cleanup.mts';
import { startN8n, type N8nInstance, type N8nOptions } from '../n8n/instance.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { workflowSchema } from '../n8n/schemas.mts';
import { credentialFor } from '../../simulator/credential.mts';
import {
	startSimulator,
	type TalkdeskSimulator,
	type SimulatorOptions,
} from '../../simulator/simulator.mts';
import { startChat, type Chat } from './chat.mts';

/** A real n8n with the built package and the example, a Talkdesk, and a web site's chat, all connected. */
export interface Environment {
	talkdesk: TalkdeskSimulator;
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

export interface EnvironmentOptions {
	talkdesk?: SimulatorOptions;
	n8nPort?: number;
	/** Further environment variables for n8n. */
	n8nEnv?: NodeJS.ProcessEnv;
	onProgress?: (line: string) => void;
	/** Called with each line of n8n's log. */
	onN8nOutput?: (text: string) => void;
	/** Another way to a running n8n that has the package. */
	startN8n?: (options: N8nOptions) => Promise<N8nInstance>;
	/** Changes the example before its import. @returns credentials for it, besides Talkdesk's */
	adaptExample?: (example: ExampleWorkflow) => Promise<CredentialChoice>;
}

type ExampleWorkflow = z.output<typeof workflowSchema>;

const CREDENTIAL_TYPE = 'talkdeskOAuth2Api';
const TRIGGER_TYPE = 'n8n-nodes-talkdesk.talkdeskTrigger';

type CredentialChoice = Parameters<N8nInstance['api']['importWorkflow']>[1]['credentials'];

/**
 * Sets an example up as a user does: imports it, chooses the credentials, enters the URL of the chat, and publishes it.
 *
 * @param file a path in the project's folder
 * @returns the workflow's id, the base path of its Talkdesk Trigger, and the URL of a webhook by its node's name
 */
export async function importExample(
	n8n: N8nInstance,
	file: string,
	{
		credentials,
		chat,
		adapt,
	}: {
		credentials: CredentialChoice;
		chat: Chat;
		adapt?: EnvironmentOptions['adaptExample'];
	},
) {
	const text = fs.readFileSync(path.join(PROJECT_FOLDER, file), 'utf8');
	const example = workflowSchema.parse(JSON.parse(text));
	for (const node of example.nodes) {
		if (node.name === 'Tell the customer') node.parameters.url = chat.messagesUrl;
		if (node.name === 'Send the file') node.parameters.url = chat.filesUrl;
	}
	const more = await adapt?.(example);
	const { id } = await n8n.api.importWorkflow(example, {
		credentials: { ...credentials, ...more },
	});
	await n8n.api.activate(id);
	const webhookIdOf = (wanted: string) =>
		example.nodes.find((node) => [node.name, node.type].includes(wanted))?.webhookId ?? '';
	return {
		workflowId: id,
		basePath: `${n8n.webhookUrl}/${webhookIdOf(TRIGGER_TYPE)}`,
		webhookIdOf,
	};
}

/**
 * Starts the environment. The package must be built; n8n is installed if it is missing.
 *
 * @throws the reason of a failed start, after which nothing is left running
 */
export async function startEnvironment(options: EnvironmentOptions = {}): Promise<Environment> {
	const cleanup = createCleanup();
	const stop = async () => await cleanup.run();

	try {
		const talkdesk = await startSimulator(options.talkdesk);
		cleanup.add(async () => await talkdesk.close());
		const chat = await startChat();
		cleanup.add(async () => await chat.close());
		const start =
			options.startN8n ??
			(async (started) => await startN8n({ packageFolder: PROJECT_FOLDER, ...started }));
		const n8n = await start({
			port: options.n8nPort,
			env: options.n8nEnv,
			onProgress: options.onProgress,
			onOutput: options.onN8nOutput,
		});
		cleanup.add(async () => await n8n.stop());

		// As a user does: enters the credential, imports the example, …
		const webhookApiKey = randomBytes(24).toString('hex');
		const credentialData = {
			...credentialFor(talkdesk),
			webhookAuthentication: 'apiKey',
			webhookApiKey,
		};
		const credential = await n8n.api.createCredential('Talkdesk', CREDENTIAL_TYPE, credentialData);
		const { workflowId, basePath } = await importExample(n8n, 'examples/live-chat-hand-off.json', {
			credentials: { [CREDENTIAL_TYPE]: credential },
			chat,
			adapt: options.adaptExample,
		});
		chat.webhookUrl = `${n8n.webhookUrl}/live-chat`;

		// … and copies the trigger's webhook URL into Talkdesk.
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
