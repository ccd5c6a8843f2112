import axios from 'axios';
import { z } from 'zod';

import type { Environment } from '../tools/demo/environment.mts';
import type { ExamplesEnvironment } from './examples.mts';

let customers = 0;

/** A new customer of an example with a webhook. @param more further fields of each message */
export function newCustomer({ chat }: ExamplesEnvironment, webhookUrl: string, more: object = {}) {
	const sessionId = `customer-${++customers}`;
	const email = `${sessionId}@example.com`;
	const { heard, hears } = chat.customer({ sessionId });
	return {
		sessionId,
		email,
		heard,
		hears,
		async says(text: string): Promise<unknown> {
			const { data } = await axios.post<unknown>(webhookUrl, { sessionId, email, text, ...more });
			return data;
		},
	};
}

/** A new person in the chat of the AI agent. @param email known to the chat */
export function newChatter({ chat }: Pick<Environment, 'chat'>, chatUrl: string, email?: string) {
	const sessionId = `chatter-${++customers}`;
	const customer = chat.customer({ sessionId });
	const says = async (chatInput: string) => {
		const { data } = await axios.post<unknown>(chatUrl, {
			action: 'sendMessage',
			sessionId,
			chatInput,
			...(email && { metadata: { email } }),
		});
		return z.object({ output: z.string() }).parse(data).output;
	};
	return { customer, says };
}

export type Customer = ReturnType<typeof newCustomer>;

/** Hands a customer over to a human. @returns the id of the conversation */
export async function handOver(
	{ conversationIn }: ExamplesEnvironment,
	touchpointId: string,
	{ says, email }: Customer,
): Promise<string> {
	expect(await says('I want to talk to a human')).toMatchObject({ handledBy: 'human' });
	return await conversationIn(touchpointId, ({ contact_person }) => contact_person.email === email);
}

/** What a customer has heard, with who said it. */
export const wordsOf = ({ heard }: Customer) => heard.map(({ from, text }) => `${from}: ${text}`);
