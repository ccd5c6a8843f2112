import { setTimeout as sleep } from 'node:timers/promises';

import { AUTHENTICATIONS, startInbound, type Inbound, type Trigger } from '../support/inbound.mts';

/** The API key of `createTrigger('apiKey')`. */
export const KEY = { 'X-Api-Key': AUTHENTICATIONS.apiKey.fields.webhookApiKey };
export const JSON_TYPE = /^application\/json/;

// On a busy machine, a call takes a second and a start of n8n a minute.
jest.setTimeout(60_000);

/** An n8n and a simulator for the tests of the importing file. */
export let inbound: Inbound;

/** Starts them before the tests, and stops them afterwards. */
export function setUpInbound(n8nEnv: NodeJS.ProcessEnv = {}): void {
	beforeAll(async () => {
		inbound = await startInbound({ n8nEnv });
	}, 180_000);
	afterAll(async () => await inbound?.stop(), 30_000);
}

export const newMessage = () => inbound.newMessage();
/** The conversation of the newest message. */
export const lastConversation = () => `c${inbound.messages()}`;
export const outputOf = async (trigger: Trigger, count: number) =>
	await inbound.outputOf(trigger, count);

/** Waits until n8n has logged a text. */
export const untilLogged = async (text: string) => {
	while (!inbound.n8n.log().includes(text)) await sleep(20);
};
