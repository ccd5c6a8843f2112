import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { z } from 'zod';

import type { LocalTalkdesk } from '../sandbox/talkdesk.mts';

/** Longer than a message takes that is tried again and again; a killed worker's is taken up by the next call. */
const PATIENCE_MS = 30_000;
const BEFORE_NEXT_CALL_MS = 1000;

/** In everything personal, so that a search of n8n's log finds it. */
export const CANARY = 'canary';
const PHONE = `+1555${CANARY}`;

const sentSchema = z.object({ conversationId: z.string() }).passthrough();

/** What one customer and the agents did, to be compared with what arrived. */
export interface Played {
	/** The conversation, and its successors where it was ended in mid-sentence. */
	conversationIds: string[];
	/** What the customer wrote, in order. */
	written: string[];
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

/** Plays one conversation: the customer and the agent take turns, so many times each. */
export async function playConversation(
	{ talkdesk, webhookUrl, progress }: Surroundings,
	name: string,
	turns: number,
): Promise<Played> {
	const played: Played = { conversationIds: [], written: [], repeated: 0 };
	const email = `${name}@${CANARY}.example.com`;

	/** As a channel does that wants its message to arrive: until there is an answer, with the same key. */
	const call = async (path: string, body: object) => {
		for (;;) {
			const response = await axios
				.post<unknown>(`${webhookUrl}/${path}`, body, {
					timeout: PATIENCE_MS,
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
	/** The agents see a conversation as soon as it is there. */
	const attend = (id: string) => {
		if (played.conversationIds.includes(id)) return;
		played.conversationIds.push(id);
		agentDoes(talkdesk.agent.join(id, { name: 'Zoe' }));
	};

	let conversationId = await call('soak-start', { key: `start ${name}`, email, phone: PHONE });
	attend(conversationId);
	for (let turn = 1; turn <= turns; turn++) {
		const text = `${CANARY} ${name} asks ${turn}`;
		played.written.push(text);
		conversationId = await call('soak-send', { key: text, email, conversationId, text });
		attend(conversationId);
		progress();

		agentDoes(talkdesk.agent.say(conversationId, `${CANARY} ${name} hears ${turn}`));
	}
	await Promise.all(underWay);
	await call('soak-end', { conversationId });
	return played;
}
