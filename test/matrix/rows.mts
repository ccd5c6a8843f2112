import { z } from 'zod';

import {
	startChannelsEnvironment,
	startTelegramBot,
	type ChannelsEnvironment,
} from '../e2e/examples-channels.mts';
import { newChatter, newCustomer } from '../e2e/examples-customers.mts';
import { addWithOperators, type Operators } from '../e2e/examples-operators.mts';
import { setWaitLimit, type AddedExample } from '../e2e/examples.mts';
import type { Channel } from '../tools/demo/channels/stand-in.mts';
import { startScriptedModel } from '../tools/demo/model.mts';

/** Something that a customer has read. */
export interface Shown {
	text: string;
	/** `human`, `automated`, … as far as the channel says so. */
	by?: string;
	/** Whether it says that a human has joined. */
	joined: boolean;
}

/** A customer of any example. */
interface Customer {
	email: string;
	says(text: string): Promise<unknown>;
	/** Everything that was read so far, in order. Answers to own messages may come last. */
	shown(): Shown[];
}

/** An example, in one of its channels. */
export interface Row {
	name: string;
	touchpointId: string;
	workflowId: string;
	newCustomer(): Customer;
}

export interface Rows {
	environment: ChannelsEnvironment;
	/** The examples in which a customer is handed over and comes back. */
	handOffs: Row[];
	asking: AddedExample;
	operators: Operators;
	stop(): Promise<void>;
}

const answerSchema = z.object({ reply: z.string().optional() });

/** Imports all examples into one n8n. The package must be built. */
export async function startRows(): Promise<Rows> {
	const environment = await startChannelsEnvironment();
	const model = await startScriptedModel((said, toolResults) => {
		if (!/human/.test(said) || /^Sum up/.test(said)) return { say: `You said: ${said}` };
		return toolResults.length > 0
			? { say: 'I am connecting you with a colleague.' }
			: { callTool: { contactEmail: 'from the chat', contactReason: 'A question' } };
	});
	const openAiApi = await environment.n8n.api.createCredential('Model', 'openAiApi', {
		apiKey: 'none',
		url: model.url,
	});
	const bot = await startTelegramBot(environment, 'The bot of the desk');
	const [ai, inTime, after, desk, asking, operators] = [
		await environment.add('ai-agent-hand-off', { credentials: { openAiApi } }),
		await environment.add('no-agent-in-time', { adapt: (example) => setWaitLimit(example, 3600) }),
		await environment.add('after-the-conversation', { credentials: { openAiApi } }),
		await environment.add('one-desk-many-channels', bot),
		await environment.add('ask-a-human-and-wait'),
		await addWithOperators(environment),
	];

	const web = (url: string) => (): Customer => {
		const { email, heard, says } = newCustomer(environment, url);
		return { email, ...withAnswers(heard, async (text) => answerSchema.parse(await says(text))) };
	};
	const inChannel = (channel: Channel, key: string) => (): Customer => {
		const person = channel.person('Ann');
		return {
			email: `${key}-${person.id}@customers.example.com`,
			says: async (text) => await person.says(text),
			shown: () => person.read.map(shownOf),
		};
	};
	let chatters = 0;
	const chatUrl = ai.webhookUrlOf('When chat message received', '/chat');
	const chatter = (): Customer => {
		const email = `chatter-${++chatters}@shop.internal`;
		const { customer, says } = newChatter(environment, chatUrl, email);
		return {
			email,
			...withAnswers(customer.heard, async (text) => ({ reply: await says(text) })),
		};
	};
	const channelRow = (name: string, channel: Channel, key: string): Row => ({
		...{ name, touchpointId: name, workflowId: environment.workflowIdOf(name) },
		newCustomer: inChannel(channel, key),
	});
	const row = (name: string, { workflowId }: AddedExample, customer: () => Customer): Row => ({
		...{ name, touchpointId: name, workflowId },
		newCustomer: customer,
	});

	return {
		environment,
		handOffs: [
			{
				name: 'live-chat-hand-off',
				touchpointId: 'local-touchpoint',
				workflowId: environment.workflowId,
				newCustomer: web(environment.chat.webhookUrl),
			},
			row('ai-agent-hand-off', ai, chatter),
			channelRow('telegram-hand-off', environment.telegram, 'telegram'),
			channelRow('whatsapp-hand-off', environment.whatsApp, 'whatsapp'),
			channelRow('slack-hand-off', environment.slack, 'slack'),
			row('no-agent-in-time', inTime, web(inTime.webhookUrlOf('Customer writes'))),
			row('after-the-conversation', after, web(after.webhookUrlOf('Customer writes'))),
			row('one-desk-many-channels', desk, web(desk.webhookUrlOf('Web chat'))),
			{
				...row('one-desk-many-channels', desk, inChannel(bot.telegram, 'telegram')),
				name: 'one-desk-many-channels, Telegram',
			},
		],
		asking,
		operators,
		async stop() {
			for (const each of [model, bot.telegram, operators.telegram]) await each.close();
			await environment.stop();
		},
	};
}

/** What a person reads in a channel of texts alone. */
export const shownOf = ({ text }: { text: string }): Shown => ({
	text,
	joined: /has joined the chat/.test(text),
});

/** A customer whose own messages are answered. @param heard what n8n posts besides */
function withAnswers(
	heard: readonly { text: string; from: string; joined?: boolean }[],
	ask: (text: string) => Promise<{ reply?: string }>,
): Pick<Customer, 'says' | 'shown'> {
	const answers: Shown[] = [];
	return {
		async says(text) {
			const { reply } = await ask(text);
			if (reply) answers.push({ text: reply, by: 'bot', joined: false });
		},
		shown: () => [
			...heard.map(({ text, from, joined = false }) => ({ text, by: from, joined })),
			...answers,
		],
	};
}
