import { setTimeout as sleep } from 'node:timers/promises';

import type { LogEntry, TalkdeskSimulator } from '../../simulator/simulator.mts';
import { linesOf } from '../soak/lines.mts';
import type { ChatWidget } from './widget.mts';

const STARTED = 'POST /api/digital-connect/conversations';
/** n8n's chat takes three to six seconds for each: with more of them pending, events would wait until they are given up. */
const MAX_UNREAD = 5;
const MAX_AT_ONCE = 3;
/** How long the agent looks on while nothing happens, before another question. */
const MAX_SILENCE_MS = 20_000;
const MAX_WAIT_MS = 120_000;
const POLL_MS = 100;

/** The conversations that Talkdesk has, by the customer's e-mail address. */
export interface Arrivals {
	/** To be called with each request to Talkdesk. */
	onLog: (entry: LogEntry) => void;
	/** The newest conversation of a customer. */
	of(email: string): string | undefined;
}

/** @param talkdesk gives the simulator, which doesn't exist yet when its options need `onLog` */
export function createArrivals(talkdesk: () => TalkdeskSimulator): Arrivals {
	const newest = new Map<string, string>();
	return {
		onLog({ direction, what, conversationId }) {
			if (direction !== 'in' || what !== STARTED || conversationId === undefined) return;
			const start = talkdesk().conversation(conversationId)?.start;
			if (start) newest.set(start.contact_person.email, conversationId);
		},
		of: (email) => newest.get(email),
	};
}

/** What an agent needs to answer a customer. */
export interface Seat {
	talkdesk: TalkdeskSimulator;
	conversationId: string;
	email: string;
	/** What the customer sees, so that the agent isn't faster than the chat. */
	widget: ChatWidget;
	messages: number;
	random: () => number;
	/** The longest pause between two bursts. */
	pauseMs: number;
	/** Whether the customer has said everything. */
	isCustomerDone: () => boolean;
	progress: () => void;
}

/**
 * Answers a customer at random moments, with up to three messages at once, until both have said everything. A customer whose
 * message n8n has dropped sees dots until the agent writes: after a silence the agent asks once more.
 *
 * @returns how often the agent has asked once more
 */
export async function answerCustomer(seat: Seat): Promise<number> {
	const { talkdesk, conversationId, email, widget, random } = seat;
	const lines = linesOf(email);
	const said: string[] = [];
	const say = async (count: number) => {
		const texts = Array.from({ length: count }, (_, index) =>
			lines.answer(said.length + index + 1),
		);
		said.push(...texts);
		const calls = texts.map(async (text) => await talkdesk.agent.say(conversationId, text));
		await Promise.all(calls);
	};
	const unread = () => {
		const shown = widget.shown.map(({ text }) => text).join('\n');
		return said.filter((text) => !`${shown}\n`.includes(`${text}\n`)).length;
	};
	const end = () => Date.now() + MAX_WAIT_MS;

	await talkdesk.agent.join(conversationId, { name: 'Zoe' });
	for (let left = seat.messages; left > 0; ) {
		await sleep(random() * seat.pauseMs);
		for (const until = end(); unread() >= MAX_UNREAD && Date.now() < until; ) await sleep(POLL_MS);
		const count = Math.min(left, random() < 0.5 ? 1 : 2 + Math.floor(random() * (MAX_AT_ONCE - 1)));
		await say(count);
		left -= count;
		for (let each = 0; each < count; each++) seat.progress();
	}
	let more = 0;
	for (const until = end(); Date.now() < until; await sleep(POLL_MS)) {
		if (unread() === 0 && seat.isCustomerDone()) break;
		const last = widget.shown.at(-1)?.at ?? 0;
		const isStuck = !widget.isUnlocked() && Date.now() - last > MAX_SILENCE_MS;
		if (unread() > 0 || !isStuck) continue;
		more++;
		await say(1);
	}
	return more;
}
