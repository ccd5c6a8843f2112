import { clock } from '../support/fakeClock.mts';
import {
	BAD_GATEWAY,
	BUSY,
	DELETED,
	ELSEWHERE,
	NOT_FOUND,
	OVER,
	DATABASE_FAILS,
	REFUSED,
	TAKEN,
	UNWANTED,
	later,
	type ResumeAnswer,
} from './resumeServer.mts';
import { dataTables, event, says, trigger, ZOE } from './session-fixtures.mts';
import { resumeUrl, waitedFor } from './session-wait-fixtures.mts';

// An execution is not parked here, however long an event is offered: the clock of these tests doesn't wait.
jest.mock('../../nodes/Talkdesk/waiting/park', () => ({
	...jest.requireActual<object>('../../nodes/Talkdesk/waiting/park'),
	outputOrPark: async (_functions: unknown, work: Promise<unknown>) => await work,
}));

describe('an event that an execution waits for', () => {
	it.each<[string, ResumeAnswer[], object | undefined, number]>([
		['taken while it ran before', [BUSY, BUSY, TAKEN], undefined, 3],
		['taken after another call has woken it', [REFUSED, BUSY, TAKEN], undefined, 3],
		['for one that n8n does not wake', [REFUSED], { undelivered: true }, 9],
		[
			'for one that n8n does not wake, whose node asks to wait in between',
			Array.from({ length: 9 }, () => [REFUSED, later(250)]).flat(),
			{ undelivered: true },
			17,
		],
		['taken after another node waited', [ELSEWHERE, TAKEN], undefined, 2],
		['taken after it was asked to wait', [later(4000), TAKEN], undefined, 2],
		['not wanted', [UNWANTED], {}, 1],
		['too late', [OVER], { undelivered: true }, 1],
		['too late after the database failed', [DATABASE_FAILS, OVER], { undelivered: true }, 2],
		['too late for a deleted one', [DELETED], { undelivered: true }, 1],
		[
			'for another token',
			[{ status: 401, body: { error: 'Invalid token' } }],
			{ undelivered: true },
			1,
		],
		['taken after a proxy answered that it knows nothing', [NOT_FOUND, TAKEN], undefined, 2],
		['taken after a proxy asked for a login', [{ status: 401, body: {} }, TAKEN], undefined, 2],
		['taken, though the answer was lost, and taken again', ['cut', TAKEN], undefined, 2],
		['taken after a gateway failed', [BAD_GATEWAY, TAKEN], undefined, 2],
		['answered with other words', [{ status: 200, body: { a: 1 } }], { undelivered: true }, 17],
		['lost on the way for ever', ['cut'], { undelivered: true, outcomeUnknown: true }, 17],
		['taken, though the answer was lost', ['cut', OVER], undefined, 2],
		[
			'lost, and the execution waits for another one now',
			['cut', UNWANTED],
			{ undelivered: true, outcomeUnknown: true },
			2,
		],
	])('%s', async (_what, answers, output, calls) => {
		const { conversationId, server } = await waitedFor(...answers);
		const { events, error } = await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(error).toBeUndefined();
		expect(events).toHaveLength(output ? 1 : 0);
		const [{ undelivered, outcomeUnknown, text } = {}] = events;
		if (output) expect({ text, undelivered, outcomeUnknown }).toEqual({ text: 'Hi', ...output });
		expect(server.calls).toHaveLength(calls);
		expect(JSON.stringify(events)).not.toContain('CANARY');
	});

	it('comes out if another execution has replaced the one that it was offered to, and an answer was lost', async () => {
		const { conversationId, server } = await waitedFor(BAD_GATEWAY, OVER);
		const replace = () =>
			server.calls.length > 0
				? Object.assign(dataTables.rows?.[0] ?? {}, { resumeUrl: 'http://127.0.0.1/another' })
				: setImmediate(replace);
		replace();
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(events).toMatchObject([{ text: 'Hi', undelivered: true, outcomeUnknown: true }]);
		expect(resumeUrl()).toBe('http://127.0.0.1/another');
	});

	it('is offered for two minutes to an execution that is busy, then comes out', async () => {
		const { conversationId } = await waitedFor(BUSY);
		const before = clock.now;
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(events).toMatchObject([{ text: 'Hi', undelivered: true }]);
		expect(clock.now - before).toBeGreaterThan(120_000);
		expect(clock.now - before).toBeLessThan(125_000);
	});

	it.each<[string, ResumeAnswer, number]>([
		['was busy', BUSY, 120],
		['rested in another node', ELSEWHERE, 120],
		['could not be reached', BAD_GATEWAY, 15],
		['could not be read from the database', DATABASE_FAILS, 120],
		['was behind a proxy that knew nothing of it', NOT_FOUND, 15],
	])(
		'reaches an execution that %s for too long, once it can: until then it is offered for a moment only',
		async (_what, answer, atLeast) => {
			const { conversationId, server } = await waitedFor(answer);
			const say = async (text: string) => {
				const before = clock.now;
				const { events } = await trigger([says(conversationId, text, ZOE)]);
				return { seconds: (clock.now - before) / 1000, events };
			};
			const one = await say('One');
			expect(one.events).toMatchObject([{ text: 'One', undelivered: true }]);
			const two = await say('Two');
			expect(two.events).toMatchObject([{ text: 'Two', undelivered: true }]);
			expect([one.seconds > atLeast, two.seconds > 5, two.seconds < 9]).toEqual([true, true, true]);
			expect(resumeUrl()).toBe(server.url);
			server.answers.splice(0, 1, answer, later(2000), later(9000), TAKEN);
			expect((await say('Three')).events).toEqual([]);
			server.answers.splice(0, 4, answer);
			// It was reached, so the next one is offered as long as the first.
			expect((await say('Four')).seconds).toBeGreaterThan(atLeast);
		},
	);

	it('is offered as long as the first if it comes minutes later, or the reason is another one', async () => {
		const { conversationId, server } = await waitedFor(BUSY);
		const say = async (text: string) => {
			const before = clock.now;
			await trigger([says(conversationId, text, ZOE)]);
			return (clock.now - before) / 1000;
		};
		await say('One');
		server.answers.splice(0, 1, BAD_GATEWAY);
		expect(await say('Two')).toBeGreaterThan(14);
		clock.now += 121_000;
		server.answers.splice(0, 1, BUSY);
		expect(await say('Three')).toBeGreaterThan(120);
	});

	it('does not wait for the one before, which could not reach the execution', async () => {
		const { conversationId, server } = await waitedFor(BUSY);
		await trigger([says(conversationId, 'One', ZOE)]);
		server.answers.splice(0, 1, TAKEN);
		const second = { ...says(conversationId, 'Two', ZOE), callOrder: { order: 2, after: 'e1' } };
		const third = { ...says(conversationId, 'Three', ZOE), callOrder: { order: 3, after: 'e2' } };
		await trigger([second]);
		await trigger([third]);
		const [two, three] = server.calls.slice(-2);
		expect(two).toMatchObject({ event: { text: 'Two' }, order: 2 });
		expect(two).not.toHaveProperty('after');
		expect(three).toMatchObject({ event: { text: 'Three' }, order: 3, after: 'e2' });
	});

	it('that is not wanted after its answer was lost leaves the wait as it is', async () => {
		const { conversationId, server } = await waitedFor('cut', UNWANTED);
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(events).toMatchObject([{ undelivered: true, outcomeUnknown: true }]);
		expect(resumeUrl()).toBe(server.url);
	});

	it.each([
		['is over', OVER],
		['is not woken by n8n, which has canceled it', REFUSED],
	])('clears the row of an execution that %s', async (_what, answer) => {
		const { conversationId } = await waitedFor(answer);
		await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(resumeUrl()).toBe('');
	});

	it('keeps the row of an execution that n8n wakes after some seconds', async () => {
		const since = clock.now;
		const { conversationId, server } = await waitedFor(() =>
			clock.now - since < 7_000 ? REFUSED : TAKEN,
		);
		expect((await trigger([says(conversationId, 'Hi', ZOE)])).events).toEqual([]);
		expect(resumeUrl()).toBe(server.url);
	});

	it('that is the end counts as taken, though the row could not be cleared', async () => {
		const { conversationId } = await waitedFor(TAKEN);
		const { executeWorkflow } = dataTables;
		Object.assign(dataTables, {
			executeWorkflow: async (...call: Parameters<typeof executeWorkflow>) => {
				if (JSON.stringify(call).includes('"resumeUrl":""')) throw new Error('database is locked');
				return await executeWorkflow(...call);
			},
		});
		const { events, error } = await trigger([event('conversation_ended', conversationId)]);
		expect({ events, error }).toEqual({ events: [] });
		expect(resumeUrl()).not.toBe('');
	});

	it('that is the end clears the row, even if it reaches nothing', async () => {
		const { conversationId } = await waitedFor(ELSEWHERE);
		const { events } = await trigger([event('conversation_ended', conversationId)]);
		expect(events).toMatchObject([{ undelivered: true }]);
		expect(resumeUrl()).toBe('');
	});

	it('that is the end is offered once more to an execution that may have looked for it just before', async () => {
		const { conversationId } = await waitedFor(() => (resumeUrl() === '' ? TAKEN : ELSEWHERE));
		const { events } = await trigger([event('conversation_ended', conversationId)]);
		expect(events).toEqual([]);
	});

	it('comes out if nothing listens at the URL', async () => {
		const { conversationId, server } = await waitedFor(TAKEN);
		server.close();
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(events).toMatchObject([{ text: 'Hi', undelivered: true }]);
		expect(events[0]).not.toHaveProperty('outcomeUnknown');
	});
});
