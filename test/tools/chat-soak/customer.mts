import { setTimeout as sleep } from 'node:timers/promises';

import type { ChatWidget } from './widget.mts';

/** What the example shows for a message that has gone to the agent. */
const DELIVERED = '✓';
const NOT_DELIVERED = 'Your message could not be delivered';
export const BOT_AGAIN = 'I am your bot again';

/** A text of the human that comes so soon after a message has crossed it, and says nothing about it. */
const CROSSING_MS = 1_000;
/** How long a person takes at least, after the chat has changed. */
const REACTION_MS = 200;
/** n8n may be slow, and Talkdesk's faults cost the node's retries. */
const MAX_WAIT_MS = 120_000;
const MAX_TRIES = 12;

/** A message of the customer, with what was written for it. */
export interface Said {
	line: string;
	tries: Array<{
		text: string;
		/** `read`: the customer has seen ✓; `refused`: has read that it failed; `unnoticed`: no ✓ before the next text. */
		outcome: 'read' | 'refused' | 'unnoticed';
		/** How many texts the chat had shown before. */
		after: number;
	}>;
}

interface Typing {
	random: () => number;
	/** The longest pause before the customer types. */
	pauseMs: number;
}

interface SayOptions extends Typing {
	/** Whether a text is of the human. */
	isOfHuman: (text: string) => boolean;
}

/**
 * Says something to the human, at a random moment at which the chat takes it. If no ✓ has come before the next text of the
 * human, it is said again, marked so that each can be counted.
 *
 * @param said gets the tries
 */
export async function sayToHuman(widget: ChatWidget, said: Said, options: SayOptions) {
	for (let nth = 0; nth < MAX_TRIES; nth++) {
		const text = nth === 0 ? said.line : `${said.line} (again, ${nth})`;
		await untilAbleToType(widget, options);
		const from = widget.shown.length;
		const sentAt = Date.now();
		const entry: Said['tries'][number] = { text, outcome: 'unnoticed', after: from };
		said.tries.push(entry);
		await widget.send(text);
		entry.outcome = await widget
			.waitFor(() => outcomeOf(widget, { from, sentAt, isOfHuman: options.isOfHuman }), {
				what: `✓ after ${text}`,
				timeoutMs: MAX_WAIT_MS,
			})
			.catch(() => 'unnoticed' as const);
		if (entry.outcome === 'read') return;
	}
}

function outcomeOf(
	{ shown, isConnected }: ChatWidget,
	{ from, sentAt, isOfHuman }: { from: number; sentAt: number } & Pick<SayOptions, 'isOfHuman'>,
) {
	for (const { text, at } of shown.slice(from)) {
		if (text.includes(DELIVERED)) return 'read';
		if (text.includes(NOT_DELIVERED)) return 'refused';
		if (text.includes(BOT_AGAIN)) return 'unnoticed';
		if (isOfHuman(text) && at - sentAt > CROSSING_MS) return 'unnoticed';
	}
	return isConnected() ? undefined : 'unnoticed';
}

/** Pauses, and again if the chat has been locked meanwhile, or has just been unlocked. */
async function untilAbleToType(widget: ChatWidget, { random, pauseMs }: Typing): Promise<void> {
	let wasUnlocked: boolean;
	do {
		await untilUnlocked(widget);
		await sleep(random() * pauseMs);
		wasUnlocked = widget.isUnlocked();
		await sleep(REACTION_MS);
	} while (!wasUnlocked || !widget.isUnlocked());
}

async function untilUnlocked(widget: ChatWidget): Promise<void> {
	await widget.waitFor(() => widget.isUnlocked(), {
		what: 'the chat to take a message',
		timeoutMs: MAX_WAIT_MS,
	});
}

/** Says something to the bot. @returns what the chat shows next */
export async function sayToBot(widget: ChatWidget, text: string, typing: Typing): Promise<string> {
	await untilAbleToType(widget, typing);
	const from = widget.shown.length;
	await widget.send(text);
	const { text: answer } = await widget.waitFor(() => widget.shown[from], {
		what: `an answer to ${text}`,
		timeoutMs: MAX_WAIT_MS,
	});
	return answer;
}
