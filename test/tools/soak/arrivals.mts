import {
	compareDelivery,
	type Attempted,
	type DeliveryComparison,
} from '../../simulator/compare-delivery.mts';
import type { ConversationTranscript, Frozen } from '../../simulator/simulator.mts';
import type { CustomerRun } from './customer.mts';
import { isOfAnother } from './lines.mts';

/** One direction, over all conversations. */
export interface Direction {
	expected: number;
	lost: string[];
	duplicated: string[];
	unexpected: string[];
	/** Read by somebody in whose chat it was not said. */
	ofAnother: string[];
	outOfOrder: number;
}

export interface Arrivals {
	/** Customers to agents. */
	outbound: Direction;
	/** Agents to customers; only messages that n8n has acknowledged with a 2xx. */
	inbound: Direction;
	/** Messages that n8n has not acknowledged, because it was down. Talkdesk knows of the failure; some may have arrived. */
	notAcknowledged: number;
}

/** A conversation from Talkdesk's side, with its customer. */
export type CustomerTranscript = Pick<
	Frozen<ConversationTranscript>,
	'conversationId' | 'customer' | 'events'
> & {
	email: string;
	/** What the agent reads of the time before: the customer's words and the bot's. */
	before: readonly string[];
	/** Whether the agent has ended it: then the customer may read that the bot is back. */
	isEndedByAgent: boolean;
};

type TalkdeskEvent = CustomerTranscript['events'][number];

/**
 * Compares what was sent with what arrived, in both directions.
 *
 * A message may arrive in any conversation of its customer, as one that has ended has a successor. In a conversation of
 * another customer it is unexpected, and lost here.
 */
export function compareArrivals(
	runs: CustomerRun[],
	transcripts: readonly CustomerTranscript[],
): Arrivals {
	const compared = runs.map((run) => {
		const own = transcripts.filter(({ email }) => email === run.email);
		return { outbound: compareOutbound(run, own), ...compareInbound(run, own) };
	});
	return {
		outbound: sum(compared.map(({ outbound }) => outbound)),
		inbound: sum(compared.map(({ inbound }) => inbound)),
		notAcknowledged: compared.reduce((total, each) => total + each.notAcknowledged, 0),
	};
}

function compareOutbound({ email, written, asides }: CustomerRun, own: CustomerTranscript[]) {
	const arrived = own.flatMap(({ customer }) => customer.map(({ content }) => content ?? ''));
	const before = own.flatMap((each) => each.before);
	return {
		expected: written.length,
		...compareDelivery([...written, ...arrivedOf(asides, arrived)], arrived),
		ofAnother: [...arrived, ...before].filter((line) => isOfAnother(email, line)),
	};
}

/**
 * Those that have arrived: each counts as expected as often as it has, up to the times it was said. Their place doesn't count:
 * n8n may run a call late that the channel has given up.
 */
function arrivedOf(asides: readonly Attempted[], arrived: readonly string[]): Attempted[] {
	const left = [...arrived];
	return asides
		.filter(({ text }) => {
			const at = left.indexOf(text);
			if (at >= 0) left.splice(at, 1);
			return at >= 0;
		})
		.map(({ text }) => ({ text, first: -1, last: Infinity }));
}

function compareInbound({ email, heard, replies }: CustomerRun, own: CustomerTranscript[]) {
	const messages = own.flatMap(({ events }) => events.filter(isMessage));
	const received = linesFrom(heard, 'human');
	// A call that Talkdesk takes for failed may have arrived: then it counts as acknowledged.
	const acknowledged = messages
		.filter((event) => isAcknowledged(event) || received.includes(lineOfEvent(event)))
		.map(lineOfEvent);
	const comparison = compareDelivery(acknowledged, received);
	const ends = own.filter(({ isEndedByAgent }) => isEndedByAgent).length;
	const all = [...heard.map(({ text }) => text), ...replies];
	return {
		inbound: {
			expected: acknowledged.length,
			...comparison,
			// Of each end that the agent made the customer reads at most once.
			duplicated: [...comparison.duplicated, ...linesFrom(heard, 'bot').slice(ends)],
			ofAnother: all.filter((line) => isOfAnother(email, line)),
		},
		notAcknowledged: messages.length - acknowledged.length,
	};
}

const linesFrom = (heard: CustomerRun['heard'], speaker: string) =>
	heard.filter(({ from }) => from === speaker).map(({ text }) => text);

function sum(
	comparisons: Array<DeliveryComparison & Pick<Direction, 'expected' | 'ofAnother'>>,
): Direction {
	return {
		expected: comparisons.reduce((total, { expected }) => total + expected, 0),
		lost: comparisons.flatMap(({ lost }) => lost),
		duplicated: comparisons.flatMap(({ duplicated }) => duplicated),
		unexpected: comparisons.flatMap(({ unexpected }) => unexpected),
		ofAnother: comparisons.flatMap(({ ofAnother }) => ofAnother),
		outOfOrder: comparisons.reduce((total, { outOfOrder }) => total + outOfOrder, 0),
	};
}

const isMessage = ({ event }: TalkdeskEvent) => event === 'message_created';
const lineOfEvent = ({ message }: TalkdeskEvent) => message?.content ?? '';
const isAcknowledged = ({ calls }: TalkdeskEvent) => calls.some(({ ok }) => ok);

/** Whether a customer has read a line of an agent. All lines differ. */
export const isReceived = (line: string, runs: ReadonlyArray<Pick<CustomerRun, 'heard'>>) =>
	runs.some(({ heard }) => linesFrom(heard, 'human').includes(line));

/** Whether n8n has acknowledged a line that no customer has read. */
export function isUndelivered(
	line: string,
	runs: ReadonlyArray<Pick<CustomerRun, 'heard'>>,
	transcripts: ReadonlyArray<Pick<CustomerTranscript, 'events'>>,
): boolean {
	if (isReceived(line, runs)) return false;
	return transcripts.some(({ events }) =>
		events.some((event) => lineOfEvent(event) === line && isAcknowledged(event)),
	);
}

const row = (...cells: Array<string | number>) => `| ${cells.join(' | ')} |`;

/** The arrivals as a table in Markdown. */
export function formatArrivals({ outbound, inbound, notAcknowledged }: Arrivals): string {
	const line = (
		name: string,
		{ expected, lost, duplicated, unexpected, ofAnother, outOfOrder }: Direction,
	) =>
		row(
			...[name, expected, lost.length, duplicated.length, ofAnother.length, unexpected.length],
			outOfOrder,
		);
	return [
		row('', 'sent', 'lost', 'duplicated', "of another's chat", 'unexpected', 'out of order'),
		row('---', '---:', '---:', '---:', '---:', '---:', '---:'),
		line('customer to agent', outbound),
		line('agent to customer, acknowledged by n8n', inbound),
		'',
		`Not acknowledged by n8n, which Talkdesk knows: ${notAcknowledged}.`,
	].join('\n');
}
