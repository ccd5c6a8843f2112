import { tally, type Tally } from '../sandbox/tally.mts';
import type { Seen } from '../sandbox/talkdesk.mts';
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

/** Compares what was said with what arrived, both ways. */
export function compare(
	played: Played[],
	seen: ReadonlyArray<DeepReadonly<Seen>>,
	customers: Customers,
): Arrivals {
	const seenIn = new Map(seen.map((each) => [each.conversationId, each]));
	const outbound = played.map(({ conversationIds, written }) =>
		tally(
			written,
			conversationIds.flatMap((id) =>
				(seenIn.get(id)?.customer ?? []).map(({ content }) => content ?? ''),
			),
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

type SeenEvent = DeepReadonly<Seen>['told'][number];

const inWords = ({ event, message }: SeenEvent) => wordsOf({ event, text: message?.content });

const isAcknowledged = ({ calls }: SeenEvent) => calls.some(({ ok }) => ok);

/** Whether n8n has told Talkdesk that it took an event, and the customer has not heard of it. */
export function isOwed(
	told: Told,
	seen: ReadonlyArray<DeepReadonly<Seen>>,
	customers: Customers,
): boolean {
	const { conversationId } = told;
	const words = wordsOf(told);
	if (customers.heard(conversationId).includes(words)) return false;
	return seen
		.filter((each) => each.conversationId === conversationId)
		.some((each) => each.told.some((one) => inWords(one) === words && isAcknowledged(one)));
}

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

const row = (...cells: Array<string | number>) => `| ${cells.join(' | ')} |`;

/** The report as a table in Markdown. */
export function describe({ outbound, inbound, notTaken }: Arrivals): string {
	const line = (name: string, { expected, lost, duplicated, unexpected, outOfOrder }: Direction) =>
		row(name, expected, lost.length, duplicated.length, unexpected.length, outOfOrder);
	return [
		row('', 'said', 'lost', 'duplicated', 'never said', 'out of order'),
		row('---', '---:', '---:', '---:', '---:', '---:'),
		line('customer to agent', outbound),
		line('agent to customer, taken by n8n', inbound),
		'',
		`Not taken by n8n, which Talkdesk knows: ${notTaken}.`,
	].join('\n');
}
