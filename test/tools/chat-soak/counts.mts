import { compareDelivery, type Attempted } from '../../simulator/compare-delivery.mts';
import { isOfAnother } from '../soak/lines.mts';
import { without } from '../soak/verdict.mts';
import type { Said } from './customer.mts';

/** A chat from all sides. */
export interface ChatRecord {
	email: string;
	/** The customer's messages to the human. */
	said: readonly Said[];
	/** What the agent has read, in order. */
	agentRead: readonly string[];
	/** What was said before the hand-over, as the agent reads it. */
	before: readonly string[];
	/** The texts that n8n has given to the example: its executions hold them. */
	taken: readonly string[];
	/** The agents' lines that n8n has acknowledged, with their places among Talkdesk's calls. */
	agentSaid: readonly Attempted[];
	/** What the chat has shown to the customer, in order. */
	shown: readonly string[];
	/** Lines that may be shown once besides the agent's: the bot's. */
	ofBot: readonly string[];
}

export interface Counts {
	toAgent: Direction;
	toCustomer: Direction;
	/** Messages that n8n has not given to the example, since the execution was running. The customer has said them again. */
	droppedByN8n: number;
	/**
	 * Texts that came again with the ✓ of the message that was said again. n8n shows the human's text at once after it has dropped
	 * a message, and the node isn't told: it looks like a text that n8n has not shown.
	 */
	shownAgain: number;
	/** Messages that the example could not send. The customer has read so, and has said them again. */
	refused: number;
	/** Taken and not sent, and the customer was not told so. */
	takenAndLost: string[];
	/** Said again, although the agent has read it: the customer has not seen that. */
	saidInVain: string[];
}

interface Direction {
	said: number;
	lost: string[];
	doubled: string[];
	unexpected: string[];
	ofAnother: string[];
	outOfOrder: number;
}

/** What else the chat shows. */
const SIGNS = [/^✓$/, /^Your message could not be delivered/];

/** Compares what was said with what was read, in both directions, over all chats. */
export function countChats(chats: readonly ChatRecord[]): Counts {
	const each = chats.map(countChat);
	return {
		toAgent: sum(each.map(({ toAgent }) => toAgent)),
		toCustomer: sum(each.map(({ toCustomer }) => toCustomer)),
		droppedByN8n: each.reduce((total, { droppedByN8n }) => total + droppedByN8n, 0),
		shownAgain: each.reduce((total, { shownAgain }) => total + shownAgain, 0),
		refused: each.reduce((total, { refused }) => total + refused, 0),
		takenAndLost: each.flatMap(({ takenAndLost }) => takenAndLost),
		saidInVain: each.flatMap(({ saidInVain }) => saidInVain),
	};
}

function countChat(chat: ChatRecord): Counts {
	const tries = chat.said.flatMap((said) => said.tries);
	const hasRead = (text: string) => chat.agentRead.includes(text);
	const isTaken = (text: string) => chat.taken.includes(text);
	const again = shownAgain(chat);
	const customer = toCustomer(chat);
	return {
		toAgent: toAgent(chat),
		toCustomer: { ...customer, doubled: without(customer.doubled, again) },
		shownAgain: again.length,
		droppedByN8n: tries.filter(({ text }) => !hasRead(text) && !isTaken(text)).length,
		refused: tries.filter(({ outcome }) => outcome === 'refused').length,
		takenAndLost: tries
			.filter(({ text, outcome }) => isTaken(text) && !hasRead(text) && outcome !== 'refused')
			.map(({ text }) => text),
		saidInVain: tries
			.filter(({ text, outcome }) => hasRead(text) && outcome !== 'read')
			.map(({ text }) => text),
	};
}

/** The human's texts after a message that n8n has dropped, if they are repeated with the ✓ of the next try. */
function shownAgain({ said, agentRead, taken, shown }: ChatRecord): string[] {
	return said.flatMap(({ tries }) =>
		tries.flatMap(({ text, after }, index) => {
			const next = tries[index + 1];
			if (!next || agentRead.includes(text) || taken.includes(text)) return [];
			const answer = linesIn(shown.slice(next.after, next.after + 1));
			const before = linesIn(shown.slice(after, next.after));
			return answer.includes('✓') ? before.filter((line) => answer.includes(line)) : [];
		}),
	);
}

const linesIn = (shown: readonly string[]) =>
	shown.flatMap((text) => text.split('\n')).filter((line) => line !== '');

function toAgent({ email, said, agentRead, before }: ChatRecord): Direction {
	const texts = new Map(
		said.flatMap(({ line, tries }) => tries.map(({ text }) => [text, line] as const)),
	);
	// Each try counts for itself: the same text twice is doubled. For losses and the order, its message counts.
	const once = [...new Set(agentRead)];
	const lines = [...new Set(once.map((text) => texts.get(text) ?? text))];
	const { lost, unexpected, outOfOrder } = compareDelivery(
		said.map(({ line }) => line),
		lines,
	);
	return {
		...{ said: said.length, lost, unexpected, outOfOrder },
		doubled: surplus(agentRead),
		ofAnother: [...agentRead, ...before].filter((text) => isOfAnother(email, text)),
	};
}

function toCustomer({ email, agentSaid, shown, ofBot }: ChatRecord): Direction {
	const lines = linesIn(shown).filter((text) => !SIGNS.some((sign) => sign.test(text)));
	const bot = compareDelivery(
		[...ofBot],
		lines.filter((text) => ofBot.includes(text)),
	);
	const human = compareDelivery(
		[...agentSaid],
		lines.filter((text) => !ofBot.includes(text)),
	);
	return {
		said: agentSaid.length,
		lost: [...human.lost, ...bot.lost],
		doubled: [...human.duplicated, ...bot.duplicated],
		unexpected: human.unexpected,
		ofAnother: lines.filter((text) => isOfAnother(email, text)),
		outOfOrder: human.outOfOrder,
	};
}

const surplus = (texts: readonly string[]) =>
	texts.filter((text, index) => texts.indexOf(text) !== index);

function sum(directions: Direction[]): Direction {
	const total = (count: (direction: Direction) => number) =>
		directions.reduce((result, direction) => result + count(direction), 0);
	return {
		said: total(({ said }) => said),
		lost: directions.flatMap(({ lost }) => lost),
		doubled: directions.flatMap(({ doubled }) => doubled),
		unexpected: directions.flatMap(({ unexpected }) => unexpected),
		ofAnother: directions.flatMap(({ ofAnother }) => ofAnother),
		outOfOrder: total(({ outOfOrder }) => outOfOrder),
	};
}

/** The failures of a soak: none if it has passed. */
export function failuresOf({ toAgent, toCustomer, takenAndLost, saidInVain }: Counts): string[] {
	const of = (where: string, direction: Direction) => [
		...(['lost', 'doubled', 'unexpected', 'ofAnother'] as const).flatMap((what) =>
			direction[what].map((text) => `${what} ${where}: ${text}`),
		),
		...(direction.outOfOrder > 0 ? [`out of order ${where}: ${direction.outOfOrder}`] : []),
	];
	return [
		...of('on the way to the agent', toAgent),
		...of('on the way to the customer', toCustomer),
		...takenAndLost.map((text) => `taken and lost: ${text}`),
		...saidInVain.map((text) => `said again although the agent has read it: ${text}`),
	];
}

const row = (...cells: Array<string | number>) => `| ${cells.join(' | ')} |`;

/** The counts as a table in Markdown, and what n8n has dropped. */
export function formatCounts(counts: Counts): string {
	const line = (
		name: string,
		{ said, lost, doubled, outOfOrder, ofAnother, unexpected }: Direction,
	) =>
		row(name, said, lost.length, doubled.length, outOfOrder, ofAnother.length, unexpected.length);
	const { toAgent, toCustomer, droppedByN8n, shownAgain, refused } = counts;
	return [
		row('', 'said', 'lost', 'doubled', 'out of order', "of another's chat", 'unexpected'),
		row('---', '---:', '---:', '---:', '---:', '---:', '---:'),
		line('customer to agent', toAgent),
		line('agent to customer', toCustomer),
		'',
		`Dropped by n8n, sent again: ${droppedByN8n}.`,
		`Texts of the human that came again with the ✓ of such a message: ${shownAgain}.`,
		`Could not be sent to Talkdesk, which the customer has read, sent again: ${refused}.`,
	].join('\n');
}
