import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { z } from 'zod';

import { seededRandom } from '../../simulator/seeded-faults.mts';
import type { Attempted } from '../../simulator/compare-delivery.mts';
import type { TalkdeskSimulator } from '../../simulator/simulator.mts';

/** Longer than the retries of a whole burst, which n8n sends one after the other. */
const TIMEOUT_MS = 60_000;
const RETRY_DELAY_MS = 1000;
/** The maximum number of pending messages of one customer. */
const MAX_CONCURRENT_MESSAGES = 5;
/** The maximum pause between two bursts. */
const MAX_PAUSE_MS = 400;

/** Part of all personal data, so that a search of n8n's log finds it. */
export const CANARY = 'canary';
const PHONE = `+1555${CANARY}`;

const sentSchema = z.object({ conversationId: z.string() }).passthrough();

/** What one customer sent, to be compared with what arrived. */
export interface CustomerRun {
	/** Unique to the customer, so that it identifies the conversations. */
	email: string;
	/** The messages in the order of their first call, with the positions of all their calls. */
	written: Attempted[];
	/** Repeated calls of the customer's channel, after an error or without a response. */
	retries: number;
}

export interface Context {
	talkdesk: TalkdeskSimulator;
	/** The base URL of webhooks, without a slash at the end. */
	webhookUrl: string;
	/** Called for each delivered message, in both directions. */
	progress: () => void;
}

/**
 * Simulates a customer and an agent in one conversation. The customer sends bursts of up to five messages without waiting for
 * responses; the agent sends as many.
 *
 * @param seed for the sizes of bursts and the pauses
 * @param apart milliseconds between two calls of a burst: n8n starts executions in another order if their calls are only some
 * tens of milliseconds apart
 */
export async function simulateCustomer(
	{ talkdesk, webhookUrl, progress }: Context,
	{ name, messages, seed, apart }: { name: string; messages: number; seed: number; apart: number },
): Promise<CustomerRun> {
	const email = `${name}@${CANARY}.example.com`;
	const run: CustomerRun = { email, written: [], retries: 0 };
	const random = seededRandom(seed);

	/**
	 * Calls n8n as a reliable channel does: it repeats the same call until it succeeds.
	 *
	 * @param beforeAttempt is called right before each attempt
	 */
	const call = async (path: string, body: object, beforeAttempt: () => void = () => undefined) => {
		for (;;) {
			beforeAttempt();
			const response = await axios
				.post<unknown>(`${webhookUrl}/${path}`, body, {
					timeout: TIMEOUT_MS,
					validateStatus: () => true,
				})
				.catch(() => undefined);
			const sent = sentSchema.safeParse(response?.data);
			if (response?.status === 200 && sent.success) return sent.data.conversationId;
			run.retries++;
			await sleep(RETRY_DELAY_MS);
		}
	};
	const pending: Array<Promise<unknown>> = [];
	/** Runs an action of the agent in the background. It may fail, as a fault may have ended the conversation. */
	const runAsAgent = (work: Promise<unknown>) => {
		pending.push(work.then(progress, () => undefined));
	};
	const known: string[] = [];
	/** Lets the agent join a new conversation. */
	const joinOnce = (id: string) => {
		if (known.includes(id)) return;
		known.push(id);
		runAsAgent(talkdesk.agent.join(id, { name: 'Zoe' }));
	};

	/** The number of calls so far. */
	let calls = 0;
	const sending = new Set<Promise<void>>();
	/** Sends a message in the background. */
	const send = (id: number) => {
		const text = `${CANARY} ${name} asks ${id}`;
		const written: Attempted = { text, first: calls, last: calls };
		run.written.push(written);
		// The channel's id of a message, which is unique per customer only.
		const body = { key: String(id), email, conversationId: known.at(-1), text };
		const sent = call('soak-send', body, () => (written.last = calls++)).then((conversationId) => {
			sending.delete(sent);
			joinOnce(conversationId);
			progress();
		});
		sending.add(sent);
	};

	joinOnce(await call('soak-start', { key: `start ${name}`, email, phone: PHONE }));
	for (let id = 1; id <= messages; ) {
		const burst = 1 + Math.floor(random() * MAX_CONCURRENT_MESSAGES);
		for (const last = Math.min(messages, id + burst - 1); id <= last; id++) {
			while (sending.size >= MAX_CONCURRENT_MESSAGES) await Promise.race(sending);
			send(id);
			runAsAgent(talkdesk.agent.say(known.at(-1) ?? '', `${CANARY} ${name} hears ${id}`));
			await sleep(apart);
		}
		await sleep(random() * MAX_PAUSE_MS);
	}
	await Promise.all([...sending]);
	await Promise.all(pending);
	await call('soak-end', { conversationId: known.at(-1) });
	return run;
}
