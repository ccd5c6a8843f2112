import { startSlack, type Slack } from '../tools/demo/channels/slack.mts';
import { startTelegram, type Telegram } from '../tools/demo/channels/telegram.mts';
import { startWhatsApp, type WhatsApp } from '../tools/demo/channels/whatsapp.mts';
import { startExamplesEnvironment, type ExamplesEnvironment } from './examples.mts';
import { withoutSlack, withoutWhatsApp } from './examples-replacements.mts';

/** The examples of channels, each with its channel, in one n8n. */
export interface ChannelsEnvironment extends ExamplesEnvironment {
	readonly telegram: Telegram;
	readonly whatsApp: WhatsApp;
	readonly slack: Slack;
	/** The workflow of an example. */
	workflowIdOf(name: string): string;
	/** The failed executions of an example. */
	failuresOf(name: string): Promise<string[]>;
}

/** Starts a Telegram with a bot, and makes the credential for it. */
export async function startTelegramBot({ n8n }: ExamplesEnvironment, name = 'Telegram') {
	const telegram = await startTelegram();
	const telegramApi = await n8n.api.createCredential(name, 'telegramApi', {
		accessToken: telegram.token,
		baseUrl: telegram.url,
	});
	return { telegram, credentials: { telegramApi } };
}

/** Builds the environment. The package must be built. */
export async function startChannelsEnvironment(): Promise<ChannelsEnvironment> {
	const environment = await startExamplesEnvironment();
	const { api } = environment.n8n;
	const { telegram, credentials } = await startTelegramBot(environment);
	const [whatsApp, slack] = [await startWhatsApp(), await startSlack()];
	const workflowIds = new Map<string, string>();

	const ofTelegram = await environment.add('telegram-hand-off', { credentials });
	workflowIds.set('telegram-hand-off', ofTelegram.workflowId);

	const whatsAppApi = await api.createCredential('WhatsApp', 'whatsAppApi', {
		accessToken: whatsApp.accessToken,
		businessAccountId: '1',
	});
	const ofWhatsApp = await environment.add('whatsapp-hand-off', {
		credentials: { whatsAppApi },
		adapt: (example) => withoutWhatsApp(example, whatsApp.url),
	});
	workflowIds.set('whatsapp-hand-off', ofWhatsApp.workflowId);
	whatsApp.webhookUrl = ofWhatsApp.webhookUrlOf('Called by the stand-in');

	const slackApi = await api.createCredential('Slack', 'slackApi', {
		accessToken: slack.accessToken,
		signatureSecret: slack.signingSecret,
	});
	const ofSlack = await environment.add('slack-hand-off', {
		credentials: { slackApi },
		adapt: (example) => withoutSlack(example, slack.url),
	});
	workflowIds.set('slack-hand-off', ofSlack.workflowId);
	slack.webhookUrl = ofSlack.webhookUrlOf('Slack Trigger', '/webhook');

	const workflowIdOf = (name: string) => workflowIds.get(name) ?? '';
	return {
		...environment,
		telegram,
		whatsApp,
		slack,
		workflowIdOf,
		failuresOf: async (name) => await environment.failedIn(workflowIdOf(name)),
		async stop() {
			for (const channel of [telegram, whatsApp, slack]) await channel.close();
			await environment.stop();
		},
	};
}
