import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { z } from 'zod';

import { seededRandom } from '../../simulator/seeded-faults.mts';
import type { Tried } from '../../simulator/compareDelivery.mts';
import type { LocalTalkdesk } from '../../simulator/talkdesk.mts';

/** Longer than the messages of a burst take that are tried again and again, one after the other. */
const TIMEOUT_MS = 60_000;
const BEFORE_NEXT_CALL_MS = 1000;
/** How many messages of one customer may be under way. */
const MOST_AT_ONCE = 5;
/** Between two bursts, at most. */
const LONGEST_PAUSE_MS = 400;

/** In everything personal, so that a search of n8n's log finds it. */
export const CANARY = 'canary';
const PHONE = `+1555${CANARY}`;

const sentSchema = z.object({ conversationId: z.string() }).passthrough();

/** What one customer did, to be compared with what arrived. */
export interface Played {
	/** Of the customer, and of nobody else: whose conversations are whose. */
	email: string;
	/** What the customer wrote, in the order in which n8n got it first, with the places of all calls for it. */
	written: Tried[];
	/** Calls of the customer's channel to n8n that were made again: no answer, or an error. */
	repeated: number;
}

export interface Surroundings {
	talkdesk: LocalTalkdesk;
	/** What paths of webhooks are appended to, without a slash at the end. */
	webhookUrl: string;
	/** Told of each message that is through, either way. */
	progress: () => void;
}

/**
 * Plays one conversation. The customer writes without waiting for an answer, up to five messages at once; the agent writes as
 * many.
 *
 * @param seed how many messages come at once, and how long the pauses are
 * @param apart milliseconds between two calls of a burst. Nobody waits for an answer, but n8n itself begins executions in
 * another order when they come within some tens of milliseconds
 */
export async function playConversation(
	{ talkdesk, webhookUrl, progress }: Surroundings,
	{ name, messages, seed, apart }: { name: string; messages: number; seed: number; apart: number },
): Promise<Played> {
	const email = `${name}@${CANARY}.example.com`;
	const played: Played = { email, written: [], repeated: 0 };
	const random = seededRandom(seed);

	/**
	 * As a channel does that wants its message to arrive: until there is an answer, the very same call.
	 *
	 * @param called is told of each call, right before it is made
	 */
	const call = async (path: string, body: object, called: () => void = () => undefined) => {
		for (;;) {
			called();
			const response = await axios
				.post<unknown>(`${webhookUrl}/${path}`, body, {
					timeout: TIMEOUT_MS,
					validateStatus: () => true,
				})
				.catch(() => undefined);
			const sent = sentSchema.safeParse(response?.data);
			if (response?.status === 200 && sent.success) return sent.data.conversationId;
			played.repeated++;
			await sleep(BEFORE_NEXT_CALL_MS);
		}
	};
	const underWay: Array<Promise<unknown>> = [];
	/** What agents do isn't waited for, and somebody else may have ended the conversation. */
	const agentDoes = (work: Promise<unknown>) => {
		underWay.push(work.then(progress, () => undefined));
	};
	const known: string[] = [];
	/** The agents see a conversation as soon as it is there. */
	const attend = (id: string) => {
		if (known.includes(id)) return;
		known.push(id);
		agentDoes(talkdesk.agent.join(id, { name: 'Zoe' }));
	};

	/** The places of calls. */
	let calls = 0;
	const sending = new Set<Promise<void>>();
	/** Sends a message; what comes after it doesn't wait. */
	const send = (id: number) => {
		const text = `${CANARY} ${name} asks ${id}`;
		const written: Tried = { text, first: calls, last: calls };
		played.written.push(written);
		// The channel's id of a message: every customer has a 1, a 2, a 3.
		const body = { key: String(id), email, conversationId: known.at(-1), text };
		const sent = call('soak-send', body, () => (written.last = calls++)).then((conversationId) => {
			sending.delete(sent);
			attend(conversationId);
			progress();
		});
		sending.add(sent);
	};

	attend(await call('soak-start', { key: `start ${name}`, email, phone: PHONE }));
	for (let id = 1; id <= messages; ) {
		const burst = 1 + Math.floor(random() * MOST_AT_ONCE);
		for (const last = Math.min(messages, id + burst - 1); id <= last; id++) {
			while (sending.size >= MOST_AT_ONCE) await Promise.race(sending);
			send(id);
			agentDoes(talkdesk.agent.say(known.at(-1) ?? '', `${CANARY} ${name} hears ${id}`));
			await sleep(apart);
		}
		await sleep(random() * LONGEST_PAUSE_MS);
	}
	await Promise.all([...sending]);
	await Promise.all(underWay);
	await call('soak-end', { conversationId: known.at(-1) });
	return played;
}
