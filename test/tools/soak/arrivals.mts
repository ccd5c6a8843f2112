import { compareDelivery, type DeliveryComparison } from '../../simulator/compare-delivery.mts';
import type { ConversationTranscript, Frozen } from '../../simulator/simulator.mts';
import type { CustomerRun } from './customer.mts';
import { lineOf, type EventRecorder, type ReceivedEvent } from './event-recorder.mts';

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
	/** Agents to customers; only events that n8n has acknowledged with a 2xx. */
	inbound: Direction;
	/** Events that n8n has not acknowledged, because it was down. Talkdesk knows of the failure; some may have arrived. */
	notAcknowledged: number;
}

/** A conversation from Talkdesk's side, with its customer. */
export type CustomerTranscript = Pick<
	Frozen<ConversationTranscript>,
	'conversationId' | 'customer' | 'events'
> & { email: string };

type TalkdeskEvent = CustomerTranscript['events'][number];

/**
 * Compares what was sent with what arrived, in both directions.
 *
 * A message may arrive in any conversation of its customer, as one that has ended has a successor. In a conversation of
 * another customer it is unexpected, and lost here.
 */
export function compareArrivals(
	runs: CustomerRun[],
	transcripts: CustomerTranscript[],
	recorder: Pick<EventRecorder, 'received'>,
): Arrivals {
	const outbound = runs.map(({ email, written }) =>
		compareDelivery(
			written,
			transcripts
				.filter((each) => each.email === email)
				.flatMap(({ customer }) => customer.map(({ content }) => content ?? '')),
		),
	);
	const inbound = transcripts.map(({ conversationId, events }) => {
		const received = [...recorder.received(conversationId)];
		// A call that Talkdesk takes for failed may have arrived: then it counts as acknowledged.
		const acknowledged = events
			.filter((event) => isAcknowledged(event) || received.includes(lineOfEvent(event)))
			.map(lineOfEvent);
		return { received, acknowledged, notAcknowledged: events.length - acknowledged.length };
	});
	return {
		outbound: sum(outbound, runs.flatMap(({ written }) => written).length),
		inbound: sum(
			inbound.map(({ received, acknowledged }) => compareDelivery(acknowledged, received)),
			inbound.flatMap(({ acknowledged }) => acknowledged).length,
		),
		notAcknowledged: inbound.reduce((total, { notAcknowledged }) => total + notAcknowledged, 0),
	};
}

function sum(comparisons: DeliveryComparison[], expected: number): Direction {
	return {
		expected,
		lost: comparisons.flatMap(({ lost }) => lost),
		duplicated: comparisons.flatMap(({ duplicated }) => duplicated),
		unexpected: comparisons.flatMap(({ unexpected }) => unexpected),
		outOfOrder: comparisons.reduce((total, { outOfOrder }) => total + outOfOrder, 0),
	};
}

const lineOfEvent = ({ event, message }: TalkdeskEvent) =>
	lineOf({ event, text: message?.content });

const isAcknowledged = ({ calls }: TalkdeskEvent) => calls.some(({ ok }) => ok);

/** Whether an event has reached the customer. */
export function isReceived(
	event: ReceivedEvent,
	recorder: Pick<EventRecorder, 'received'>,
): boolean {
	return recorder.received(event.conversationId).includes(lineOf(event));
}

/** Whether n8n has acknowledged an event that has not reached the customer. */
export function isUndelivered(
	event: ReceivedEvent,
	transcripts: ReadonlyArray<Pick<CustomerTranscript, 'conversationId' | 'events'>>,
	recorder: Pick<EventRecorder, 'received'>,
): boolean {
	if (isReceived(event, recorder)) return false;
	return transcripts
		.filter(({ conversationId }) => conversationId === event.conversationId)
		.some(({ events }) =>
			events.some((each) => lineOfEvent(each) === lineOf(event) && isAcknowledged(each)),
		);
}

const row = (...cells: Array<string | number>) => `| ${cells.join(' | ')} |`;

/** The arrivals as a table in Markdown. */
export function formatArrivals({ outbound, inbound, notAcknowledged }: Arrivals): string {
	const line = (name: string, { expected, lost, duplicated, unexpected, outOfOrder }: Direction) =>
		row(name, expected, lost.length, duplicated.length, unexpected.length, outOfOrder);
	return [
		row('', 'sent', 'lost', 'duplicated', 'unexpected', 'out of order'),
		row('---', '---:', '---:', '---:', '---:', '---:'),
		line('customer to agent', outbound),
		line('agent to customer, acknowledged by n8n', inbound),
		'',
		`Not acknowledged by n8n, which Talkdesk knows: ${notAcknowledged}.`,
	].join('\n');
}
