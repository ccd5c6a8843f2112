import { noteCall, readCallOrder } from '../../../nodes/Talkdesk/trigger/callOrder';
import type { TalkdeskEvent } from '../../../nodes/Talkdesk/trigger/event/parse';

const T = 1_700_000_000_000;
let conversations = 0;
function conversation() {
	const conversationId = `conversation ${++conversations}`;
	return (eventId: string | undefined, now: number, more: Partial<TalkdeskEvent> = {}) => {
		const event: TalkdeskEvent = {
			event: 'message_created',
			conversationId,
			timestamp: '',
			attachments: [],
			raw: {},
			...(eventId !== undefined && { eventId }),
			...more,
		};
		return noteCall('trigger', event, now);
	};
}

it('each call gets a greater number, also at the same millisecond and if the clock goes back', () => {
	const comes = conversation();
	const orders = [comes('a', T), comes('b', T), comes('c', T - 5000), comes('d', T + 1)];
	const numbers = orders.map(({ order }) => order);
	expect(new Set(numbers).size).toBe(4);
	expect([...numbers].sort((a, b) => a - b)).toEqual(numbers);
});

it('an event names the one before it, of the same conversation', () => {
	const [comes, other] = [conversation(), conversation()];
	expect(comes('a', T).after).toBeUndefined();
	other('x', T);
	expect(comes('b', T + 1).after).toBe('a');
	expect(other('y', T + 1).after).toBe('x');
});

it('only events that executions wait for count', () => {
	const comes = conversation();
	comes('a', T);
	comes('echo', T, { author: { kind: 'customer' } });
	comes('started', T, { event: 'conversation_started' });
	comes(undefined, T);
	expect(comes('b', T).after).toBe('a');
});

it('an event waits neither for itself nor for one of long ago', () => {
	const comes = conversation();
	comes('a', T);
	expect(comes('a', T + 1).after).toBeUndefined();
	expect(comes('b', T + 10_001).after).toBeUndefined();
});

it('an event that an older version has stored goes by the number of its execution', () => {
	expect(readCallOrder(undefined, '42', 0)).toEqual({ order: 42 });
	expect(readCallOrder(undefined, '42', 1)).toEqual({ order: 42.000001 });
	expect(readCallOrder({ order: 7, after: 'a' }, '42', 0)).toEqual({ order: 7, after: 'a' });
});
