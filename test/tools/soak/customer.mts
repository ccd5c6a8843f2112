import { setTimeout as sleep } from 'node:timers/promises';

import { seededRandom } from '../../simulator/seeded-faults.mts';
import type { Attempted } from '../../simulator/compare-delivery.mts';
import type { Chat } from '../demo/chat.mts';
import type { Answer } from '../demo/forward.mts';
import type { ReceivedMessage } from '../demo/sessions.mts';
import type { Desk } from './agents.mts';
import { CANARY, emailOf, linesOf } from './lines.mts';

const RETRY_DELAY_MS = 1000;
/** The maximum number of pending messages of one customer, and of one agent. */
const MAX_CONCURRENT_MESSAGES = 5;
/** The maximum time that an agent waits for them: n8n may have lost them for the time being. */
const MAX_AGENT_WAIT_MS = 3000;
/** The maximum pause between two bursts. */
const MAX_PAUSE_MS = 400;
/** The messages to the bot before the hand-over. */
const MESSAGES_TO_BOT = 2;

/** What one customer said and heard, to be compared with what Talkdesk has. */
export interface CustomerRun {
	/** Unique to the customer, so that it identifies the conversations. */
	email: string;
	/** The messages to the human in the order of their first call, with the positions of all their calls. */
	written: Attempted[];
	/**
	 * Other words to the workflow, which the human may or may not read: a wish for a human whose answer was lost finds the human
	 * there when it is repeated.
	 */
	asides: Attempted[];
	/** What n8n posted to the chat. */
	heard: readonly ReceivedMessage[];
	/** The bot's replies. */
	replies: string[];
	/** Repeated calls of the customer's channel, after an error or without a response. */
	retries: number;
	/** Messages to the human that came to the bot, as the conversation had ended. They were said again. */
	returned: number;
}

export interface Context {
	chat: Chat;
	desk: Desk;
	/** Called for each delivered message, in both directions. */
	progress: () => void;
}

/**
 * Simulates a customer and an agent in the example's chat. The customer greets the bot, asks for a human, and sends bursts of up
 * to five messages without waiting for responses; the agent sends as many. At the end the customer leaves the human.
 *
 * @param seed for the sizes of bursts and the pauses
 * @param apart milliseconds between two calls of a burst: n8n starts executions in another order if their calls are only some
 * tens of milliseconds apart
 */
export async function simulateCustomer(
	{ chat, desk, progress }: Context,
	{ name, messages, seed, apart }: { name: string; messages: number; seed: number; apart: number },
): Promise<CustomerRun> {
	const email = emailOf(name);
	const lines = linesOf(email);
	const customer = chat.customer({ sessionId: `${CANARY}-${name}`, email, name });
	const run: CustomerRun = {
		...{ email, written: [], asides: [], heard: customer.heard, replies: [] },
		...{ retries: 0, returned: 0 },
	};
	const random = seededRandom(seed);
	/** The number of calls so far. */
	let calls = 0;
	/** The channel's ID of a message, which is unique per customer only. */
	let ids = 0;

	/** Calls n8n as a reliable channel does: it repeats the same call until it succeeds. */
	async function post(written: Attempted): Promise<Answer> {
		const id = String(++ids);
		for (;;) {
			written.last = calls++;
			try {
				const answer = await customer.says(written.text, [], id);
				if (answer.reply) run.replies.push(answer.reply);
				return answer;
			} catch {
				run.retries++;
				await sleep(RETRY_DELAY_MS);
			}
		}
	}
	async function mention(text: string): Promise<Answer> {
		const aside: Attempted = { text, first: calls, last: calls };
		run.asides.push(aside);
		return await post(aside);
	}

	let handOver: Promise<void> | undefined;
	let wishes = 0;
	async function untilHumanHasChat() {
		while ((await mention(lines.wish(++wishes))).handledBy !== 'human') await sleep(RETRY_DELAY_MS);
	}
	/** Asks for a human, once for all messages that wait for one. */
	const askForHuman = async () => {
		handOver ??= untilHumanHasChat().finally(() => (handOver = undefined));
		await handOver;
	};

	const sending = new Set<Promise<void>>();
	/** Sends a message to the human in the background. */
	const send = (number: number) => {
		const written: Attempted = { text: lines.question(number), first: calls, last: calls };
		run.written.push(written);
		const untilSent = async () => {
			while ((await post(written)).handledBy !== 'human') {
				run.returned++;
				await askForHuman();
			}
		};
		const sent = untilSent().then(() => {
			sending.delete(sent);
			progress();
		});
		sending.add(sent);
	};

	/** What the agent has said and n8n has acknowledged. */
	const acknowledged: string[] = [];
	const answer = async (number: number) => {
		const line = lines.answer(number);
		if (await desk.say(email, line)) acknowledged.push(line);
		progress();
	};
	/** Without it, executions would pile up in an n8n that is too slow. */
	async function waitForCustomer() {
		const isHeard = (line: string) => run.heard.some(({ text }) => text === line);
		const isBehind = () =>
			acknowledged.filter((line) => !isHeard(line)).length >= MAX_CONCURRENT_MESSAGES;
		for (const end = Date.now() + MAX_AGENT_WAIT_MS; isBehind() && Date.now() < end; ) {
			await sleep(20);
		}
	}

	for (let number = 1; number <= MESSAGES_TO_BOT; number++) await mention(lines.chat(number));
	await askForHuman();
	for (let number = 1; number <= messages; ) {
		const burst = 1 + Math.floor(random() * MAX_CONCURRENT_MESSAGES);
		for (const last = Math.min(messages, number + burst - 1); number <= last; number++) {
			while (sending.size >= MAX_CONCURRENT_MESSAGES) await Promise.race(sending);
			send(number);
			await waitForCustomer();
			void answer(number);
			await sleep(apart);
		}
		await sleep(random() * MAX_PAUSE_MS);
	}
	await Promise.all([...sending]);
	await desk.settled(email);
	while ((await mention('end')).handledBy !== 'bot') await sleep(RETRY_DELAY_MS);
	return run;
}
