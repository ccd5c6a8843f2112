import { tally, type Tally } from '../../simulator/compareDelivery.mts';
import type { Frozen, Seen } from '../../simulator/talkdesk.mts';
import type { Played } from './conversation.mts';
import { wordsOf, type Customers, type Told } from './customers.mts';

/** One direction, over all conversations. */
export interface Direction {
	expected: number;
	lost: string[];
	duplicated: string[];
	unexpected: string[];
	outOfOrder: number;
}

export interface Arrivals {
	/** Customers to agents. */
	outbound: Direction;
	/** Agents to customers; only what n8n has taken with a 2xx. */
	inbound: Direction;
	/** What n8n did not take, so that Talkdesk knows of the failure: n8n was away. Some of it may have arrived all the same. */
	notTaken: number;
}

function sum(tallies: Tally[], expected: number): Direction {
	return {
		expected,
		lost: tallies.flatMap(({ lost }) => lost),
		duplicated: tallies.flatMap(({ duplicated }) => duplicated),
		unexpected: tallies.flatMap(({ unexpected }) => unexpected),
		outOfOrder: tallies.reduce((total, { outOfOrder }) => total + outOfOrder, 0),
	};
}

/** What Talkdesk saw: oldest first, with the customer of each conversation. */
export type SeenOf = Pick<Frozen<Seen>, 'conversationId' | 'customer' | 'told'> & {
	email: string;
};

/**
 * Compares what was said with what arrived, both ways. What a customer wrote may be in any of her conversations, as one that
 * ended has a successor; in somebody else's it was never said there, and is lost here.
 */
export function compare(
	played: Played[],
	seen: SeenOf[],
	customers: Pick<Customers, 'heard'>,
): Arrivals {
	const outbound = played.map(({ email, written }) =>
		tally(
			written,
			seen
				.filter((each) => each.email === email)
				.flatMap(({ customer }) => customer.map(({ content }) => content ?? '')),
		),
	);
	const told = seen.map(({ conversationId, told: all }) => {
		const heard = [...customers.heard(conversationId)];
		// What Talkdesk takes for failed may have arrived: then it counts as taken.
		const taken = all.filter((each) => isAcknowledged(each) || heard.includes(inWords(each)));
		return { heard, taken: taken.map(inWords), notTaken: all.length - taken.length };
	});
	return {
		outbound: sum(outbound, played.flatMap(({ written }) => written).length),
		inbound: sum(
			told.map(({ heard, taken }) => tally(taken, heard)),
			told.flatMap(({ taken }) => taken).length,
		),
		notTaken: told.reduce((total, { notTaken }) => total + notTaken, 0),
	};
}

type SeenEvent = SeenOf['told'][number];

const inWords = ({ event, message }: SeenEvent) => wordsOf({ event, text: message?.content });

const isAcknowledged = ({ calls }: SeenEvent) => calls.some(({ ok }) => ok);

/** Whether the customer has heard of an event. */
export function isHeard(told: Told, customers: Pick<Customers, 'heard'>): boolean {
	return customers.heard(told.conversationId).includes(wordsOf(told));
}

/** Whether n8n has told Talkdesk that it took an event, and the customer has not heard of it. */
export function isOwed(
	told: Told,
	seen: ReadonlyArray<Pick<SeenOf, 'conversationId' | 'told'>>,
	customers: Pick<Customers, 'heard'>,
): boolean {
	if (isHeard(told, customers)) return false;
	return seen
		.filter(({ conversationId }) => conversationId === told.conversationId)
		.some((each) => each.told.some((one) => inWords(one) === wordsOf(told) && isAcknowledged(one)));
}

/** All that the verdict rests on. */
export interface Outcome {
	/** Before failed executions were retried by hand. */
	before: Arrivals;
	/** At the end. */
	after: Arrivals;
	/** What customers had heard, and executions that failed afterwards were to tell them: a retry says it once more. */
	retold: string[];
	/** Failed executions to the customer, of which n8n has kept nothing that could be retried. */
	thrownAway: number;
	/** Whether the error workflow was told of every failed execution to the customer. */
	areFailuresTold: boolean;
	/** Whether n8n has workers, which know nothing of each other's order. */
	hasWorkers: boolean;
	/** Lines of n8n's log with a secret or something personal. */
	leaks: number;
}

/** Lists what is wrong, in words: nothing, when the soak has passed. */
export function verdict(outcome: Outcome): string[] {
	const { before, after, retold, thrownAway, areFailuresTold, hasWorkers, leaks } = outcome;
	// A retry begins at the node that failed, and telling a customer has no idempotency key: that is n8n's own.
	const again = without(without(after.inbound.duplicated, before.inbound.duplicated), retold);
	const isThrownAway = hasWorkers && areFailuresTold && after.inbound.lost.length <= thrownAway;
	const list = (what: string, texts: string[]) => texts.map((text) => `${what}: ${text}`);
	return [
		...list('lost on the way to the agent', after.outbound.lost),
		...list('twice at the agent', after.outbound.duplicated),
		...list('at the agent, and never said to her', after.outbound.unexpected),
		...list('lost on the way to the customer', isThrownAway ? [] : after.inbound.lost),
		...list('twice at the customer', before.inbound.duplicated),
		...list('twice at the customer after a retry', again),
		...list('at the customer, and never said to her', after.inbound.unexpected),
		// What only a retry has delivered comes late, and rightly so.
		...(before.outbound.outOfOrder > 0 && !hasWorkers
			? [`out of order at the agent: ${before.outbound.outOfOrder}`]
			: []),
		...(leaks > 0 ? [`lines of the log with something that isn't theirs: ${leaks}`] : []),
	];
}

/** The texts without others, each as often as it is in there. */
function without(texts: string[], others: string[]): string[] {
	const left = [...others];
	return texts.filter((text) => {
		const at = left.indexOf(text);
		if (at >= 0) left.splice(at, 1);
		return at < 0;
	});
}

const row = (...cells: Array<string | number>) => `| ${cells.join(' | ')} |`;

/** The report as a table in Markdown. */
export function describe({ outbound, inbound, notTaken }: Arrivals): string {
	const line = (name: string, { expected, lost, duplicated, unexpected, outOfOrder }: Direction) =>
		row(name, expected, lost.length, duplicated.length, unexpected.length, outOfOrder);
	return [
		row('', 'said', 'lost', 'twice', 'never said', 'out of order'),
		row('---', '---:', '---:', '---:', '---:', '---:'),
		line('customer to agent', outbound),
		line('agent to customer, taken by n8n', inbound),
		'',
		`Not taken by n8n, which Talkdesk knows: ${notTaken}.`,
	].join('\n');
}
