import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { z } from 'zod';

import type { Person } from '../tools/demo/channels/stand-in.mts';
import type { ExamplesEnvironment } from './examples.mts';
import { startTelegramBot } from './examples-channels.mts';

export type Operators = Awaited<ReturnType<typeof addWithOperators>>;

/** Adds the example in which an agent writes first, with a bot and a group of operators. */
export async function addWithOperators(environment: ExamplesEnvironment) {
	const { telegram, credentials } = await startTelegramBot(environment, 'Another bot');
	const operators = telegram.person('Operators', true);
	const example = await environment.add('an-agent-writes-first', {
		credentials,
		adapt: ({ nodes }) => {
			for (const { name, parameters } of nodes) {
				if (name === 'Ask the operators') parameters.chatId = operators.id;
			}
		},
	});
	return { telegram, operators, example };
}

/** Waits for the question of whose a conversation is. @returns it, and the address for the answer */
export async function questionAbout(operators: Person, conversationId: string) {
	const { text, link } = await operators.reads(
		(read) => read.text.includes(conversationId),
		'the question',
	);
	return { text, link: z.string().parse(link) };
}

/** Answers the question of whose a conversation is, once n8n waits for the answer. */
export async function answer(link: string, chatId: string): Promise<void> {
	const form = new FormData();
	form.append('field-0', chatId);
	const post = async () =>
		(await axios.post(link, form, { validateStatus: (code) => [200, 409].includes(code) })).status;
	while ((await post()) === 409) await sleep(100);
}
