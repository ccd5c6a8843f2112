import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { isAloneInN8n } from '../sessions/processRole';

/**
 * When n8n's own chat shows a text: docs/decisions/0034.
 *
 * n8n looks at the execution every three seconds. It shows the text of the node that waits, but not of the same node twice: in
 * between it must have seen another node wait, or the execution run.
 */

/** Milliseconds between n8n's looks. */
const POLL_MS = 3_000;
/**
 * Milliseconds after a look at which its text is surely shown: n8n stores the wait, and looks late. In queue mode the database
 * takes longer: 0.3 s (99 of 100) with 50 busy chats.
 */
const marginMs = () => (isAloneInN8n() ? 250 : 1_000);
/** Milliseconds by which a look may be late, with its read of the database: 60 for 99 of 100, on a busy n8n. */
const lateMs = () => (isAloneInN8n() ? 100 : 1_000);

const stateSchema = z.object({
	/** The node whose text n8n's chat has shown last. */
	shownNode: z.string().optional(),
	/** The last text. */
	text: z.string().optional(),
	/** Milliseconds since 1970 at which the node began to wait with it. */
	since: z.number().default(0),
	/** n8n's looks until it is shown. */
	looks: z.number().default(0),
});

type ChatState = z.output<typeof stateSchema>;
type Context = Pick<IExecuteFunctions, 'getContext' | 'getNode'>;

const KEY = 'talkdeskChat';

/** n8n keeps the context of an execution with its data, also while it waits. */
const contextOf = (functions: Context) => functions.getContext('flow');

function stateOf(functions: Context): ChatState {
	return stateSchema.catch({ since: 0, looks: 0 }).parse(contextOf(functions)[KEY] ?? {});
}

/** Milliseconds that the execution must go on running, so that n8n shows the next text of the node. */
export function pauseBefore(functions: Context): number {
	return stateOf(functions).shownNode === functions.getNode().name ? POLL_MS + marginMs() : 0;
}

/**
 * Notes that the node waits with a text for the customer.
 *
 * @param now milliseconds since 1970
 * @returns milliseconds since 1970 at which n8n has shown it
 */
export function noteText(functions: Context, text: string, now: number): number {
	const { name } = functions.getNode();
	const { shownNode } = stateOf(functions);
	const looks = shownNode === undefined || shownNode === name ? 1 : 2;
	contextOf(functions)[KEY] = { shownNode: name, text, since: now, looks };
	return now + looks * POLL_MS + marginMs();
}

/**
 * Notes that the customer has written, after which n8n shows the next text at its next look.
 *
 * @param now milliseconds since 1970
 */
export function noteCustomerWrites(functions: Context, now: number): void {
	const { text, since, looks } = stateOf(functions);
	// At the first of two looks n8n locks the customer's input until the text is shown. If a look has seen the execution run
	// before, the text is shown at the next one, so a customer who writes soon afterwards has read it.
	const isUnshown = looks > 1 && now - since < POLL_MS + lateMs();
	contextOf(functions)[KEY] = { since: 0, looks: 0, ...(isUnshown && { text }) };
}

/**
 * What the customer reads next: a text, after the one that n8n had not shown when the customer wrote.
 *
 * Both are shown: without the sign of delivery, the customer takes the message for one that n8n dropped, and sends it
 * again.
 */
export function withUnshownText(functions: Context, text: string): string {
	return [takeUnshownText(functions), text].filter(Boolean).join('\n\n');
}

function takeUnshownText(functions: Context): string | undefined {
	const state = stateOf(functions);
	if (state.shownNode !== undefined || state.text === undefined) return undefined;
	contextOf(functions)[KEY] = { since: 0, looks: 0 };
	return state.text;
}
