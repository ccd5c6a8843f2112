import { importExample, type Environment } from './environment.mts';
import { startScriptedModel, type Script } from './model.mts';

/** n8n's own chat with the example *AI agent hand-off in n8n's chat*, published, and with Talkdesk calling it. */
export interface HostedChatWorkflow {
	/** The page of the chat. */
	chatUrl: string;
	workflowId: string;
	/** Ends the model. */
	close(): Promise<void>;
}

/** Imports the example, with a model that follows a script. */
export async function startHostedChat(
	environment: Environment,
	script: Script,
): Promise<HostedChatWorkflow> {
	const { n8n, chat, credential, credentialData, talkdesk } = environment;
	const model = await startScriptedModel(script);
	const openAi = await n8n.api.createCredential('Model', 'openAiApi', {
		apiKey: 'none',
		url: model.url,
	});
	const { basePath, webhookIdOf, workflowId } = await importExample(
		n8n,
		'examples/ai-agent-in-n8n-chat.json',
		{
			credentials: { talkdeskOAuth2Api: credential, openAiApi: openAi },
			chat,
		},
	);
	const authentication = { type: 'apiKey' as const, key: credentialData.webhookApiKey ?? '' };
	talkdesk.configure({
		touchpoints: [{ id: 'local-touchpoint', integration: { basePath, authentication } }],
	});
	return {
		chatUrl: `${n8n.webhookUrl}/${webhookIdOf('When chat message received')}/chat`,
		workflowId,
		close: async () => await model.close(),
	};
}
