import { z } from 'zod';

import { clock } from '../support/fakeClock.mts';
import { run } from './fixtures.mts';
import { BUSY, OVER, TAKEN, UNWANTED, later } from './resumeServer.mts';
import { dataTables, event, own, says, trigger, ZOE } from './session-fixtures.mts';
import { resumeUrl, waitedFor } from './session-wait-fixtures.mts';

// An execution is not parked here, however long an event is offered: the clock of these tests doesn't wait.
jest.mock('../../nodes/Talkdesk/waiting/park', () => ({
	...jest.requireActual<object>('../../nodes/Talkdesk/waiting/park'),
	outputOrPark: async (_functions: unknown, work: Promise<unknown>) => await work,
}));

describe('an event that an execution waits for', () => {
	it('is handed over as the trigger would put it out, which then does not', async () => {
		const { conversationId, server } = await waitedFor(TAKEN);
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)], { executionId: '77' });
		expect(events).toEqual([]);
		expect(server.calls).toMatchObject([
			{
				event: { event: 'message_created', text: 'Hi', sessionId: 's1', agentJoined: true },
				order: 77,
				sender: expect.any(String),
				interval: 250,
			},
		]);
		expect(resumeUrl()).toBe(server.url);
	});

	it('goes with its place among the calls, which no output has', async () => {
		const { conversationId, server } = await waitedFor(TAKEN, UNWANTED);
		const event = (text: string) => ({
			...says(conversationId, text, ZOE),
			callOrder: { order: 5000, after: 'e4' },
		});
		await trigger([event('Hi')], { executionId: '77' });
		expect(server.calls).toMatchObject([{ order: 5000, after: 'e4' }]);
		expect(server.calls[0]?.event).not.toHaveProperty('callOrder');
		const { events } = await trigger([event('Ho')]);
		expect(events).toMatchObject([{ text: 'Ho' }]);
		expect(events[0]).not.toHaveProperty('callOrder');
	});

	it('clears the row with the end of the conversation', async () => {
		const { conversationId } = await waitedFor(TAKEN);
		await trigger([event('conversation_ended', conversationId)]);
		expect(resumeUrl()).toBe('');
	});

	it('waits as long as it was asked to, at most ten seconds', async () => {
		const { conversationId } = await waitedFor(later(4000), later(1e9), TAKEN);
		await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(clock.sleeps.slice(-2)).toEqual([4000, 10_000]);
	});

	it("is offered once more in n8n's chat in queue mode, whose main process may have forgotten it", async () => {
		const inChat = { status: 200, body: { accepted: true, isInChat: true } };
		const { conversationId, server } = await waitedFor(inChat, BUSY, later(4000), inChat, OVER);
		// Also without an ID of Talkdesk.
		const { eventId: _, ...message } = says(conversationId, 'Hi', ZOE);
		const { events } = await trigger([message], { executionId: '77' });
		expect(events).toEqual([]);
		for (const until = performance.now() + 5_000; performance.now() < until; ) {
			if (server.calls.length > 3) break;
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(server.calls).toHaveLength(4);
		const same = expect.objectContaining({ event: server.calls[0]?.event, order: 77 });
		expect(server.calls).toEqual([same, same, same, same]);
		expect(clock.sleeps.slice(-3)).toEqual([2000, 1000, 4000]);
	});

	it('is known again without an ID of Talkdesk, each call as another event', async () => {
		const { conversationId, server } = await waitedFor(BUSY, TAKEN, TAKEN);
		const { eventId: _, ...message } = says(conversationId, 'Hi', ZOE);
		for (const order of [7, 8]) await trigger([{ ...message, callOrder: { order } }]);
		const ids = server.calls.map(({ event }) => z.object({ eventId: z.string() }).parse(event));
		expect(ids).toEqual(['call 7', 'call 7', 'call 8'].map((eventId) => ({ eventId })));
	});
});

it.each([
	['a start', (id: string) => event('conversation_started', id), {}],
	["the customer's own message", (id: string) => says(id, 'Hi', { type: 'CONTACT' }), {}],
	['an event in a test of the trigger', (id: string) => says(id, 'Hi', ZOE), { mode: 'manual' }],
] as const)('%s is not handed over', async (_what, eventOf, more) => {
	const { conversationId, server } = await waitedFor(TAKEN);
	const { events } = await trigger([eventOf(conversationId)], more);
	expect(events).toHaveLength(1);
	expect(server.calls).toEqual([]);
});

it('Find Session off hands nothing over', async () => {
	const { conversationId, server } = await waitedFor(TAKEN);
	const parameters = { events: ['message_created'], options: { findSession: false } };
	const { events } = await trigger([says(conversationId, 'Hi', ZOE)], { parameters });
	expect(events).toHaveLength(1);
	expect(server.calls).toEqual([]);
});

describe('an execution that is to wait', () => {
	it('gets the events that came before', async () => {
		const { conversationId, server } = await waitedFor(TAKEN);
		const [row] = dataTables.rows ?? [];
		Object.assign(row ?? {}, {
			resumeUrl: 'expected',
			startedAt: new Date(clock.now).toISOString(),
		});
		const looks = () => dataTables.operations.length;
		const wait = () =>
			looks() < 6 ? setImmediate(wait) : Object.assign(row ?? {}, { resumeUrl: server.url });
		wait();
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(events).toEqual([]);
		expect(server.calls).toMatchObject([{ event: { text: 'Hi' } }]);
	});

	it('never comes: after half a minute its events come out', async () => {
		const { conversationId } = await waitedFor(TAKEN);
		dataTables.rows?.forEach((row) => Object.assign(row, { resumeUrl: 'expected' }));
		const before = clock.now;
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(events).toMatchObject([{ text: 'Hi', undelivered: true }]);
		expect(clock.now - before).toBeGreaterThanOrEqual(10_000);
		expect(clock.now - before).toBeLessThan(11_000);
		expect(resumeUrl()).toBe('');
	});
});

it('a process that has found no wait just before knows of one that begins in another workflow', async () => {
	const { conversationId, server } = await waitedFor(TAKEN);
	dataTables.rows?.forEach((row) => Object.assign(row, { resumeUrl: '' }));
	const inbound = { ...own(), workflowId: 'the trigger’s' };
	expect((await trigger([says(conversationId, 'Hi', ZOE)], inbound)).events).toHaveLength(1);
	await run(
		{ resource: 'message', operation: 'sendAndWaitForReply', conversationId, options: {} },
		own(),
	);
	expect(resumeUrl()).toContain('talkdesk?signature=');
	dataTables.rows?.forEach((row) => Object.assign(row, { resumeUrl: server.url }));
	expect((await trigger([says(conversationId, 'Ho', ZOE)], inbound)).events).toEqual([]);
});

describe('files', () => {
	const file = (name: string, size: number, inMemory = false) => ({
		name,
		type: 'text/plain',
		content: Buffer.alloc(size, name),
		inMemory,
	});

	it('go with the event, as far as a call of n8n may be long', async () => {
		const { conversationId, server } = await waitedFor(TAKEN);
		const attachments = ['a', 'big', 'b'].map((field) => ({ name: field, field }));
		const message = { ...says(conversationId, 'Here', ZOE), attachments };
		const files = { a: file('a', 3), big: file('big', 8_000_000), b: file('b', 3, true) };
		await trigger([message], { files });
		expect(server.calls).toEqual([
			expect.objectContaining({
				files: {
					a: { name: 'a', type: 'text/plain', base64: Buffer.from('aaa').toString('base64') },
					b: { name: 'b', type: 'text/plain', base64: Buffer.from('bbb').toString('base64') },
				},
			}),
		]);
		expect(server.calls[0]?.event).toMatchObject({
			attachments: [
				{ name: 'a', field: 'a' },
				{ name: 'big', error: expect.stringContaining('too large') },
				{ name: 'b', field: 'b' },
			],
		});
	});
});
