import { clock } from '../support/fakeClock.mts';
import { run } from './fixtures.mts';
import { startResumeServer, type ResumeAnswer } from './resumeServer.mts';
import { dataTables, event, own, says, trigger, ZOE } from './session-fixtures.mts';

// An execution is not parked here, however long an event is offered: the clock of these tests doesn't wait.
jest.mock('../../nodes/Talkdesk/waiting/park', () => ({
	...jest.requireActual<object>('../../nodes/Talkdesk/waiting/park'),
	outputOrPark: async (_functions: unknown, work: Promise<unknown>) => await work,
}));

const TAKEN = { status: 200, body: { accepted: true } };
const UNWANTED = { status: 200, body: { accepted: false } };
const later = (retryAfter: number) => ({ status: 409, body: { accepted: false, retryAfter } });
const BUSY = { status: 409, body: { code: 409, message: 'The execution "7" is running already.' } };
const OVER = {
	status: 409,
	body: { code: 409, message: 'The execution "7 has finished already.' },
};
const ELSEWHERE = {
	status: 404,
	body: {
		message:
			'The workflow for execution "7" does not contain a waiting webhook with a matching path/method.',
	},
};
// A proxy's, whose n8n is just starting.
const NOT_FOUND = { status: 404, body: { message: 'page not found' } };
const DELETED = { status: 404, body: { message: 'The execution "7" does not exist.' } };
// n8n's answer if it has canceled the execution, or another call has just woken it.
const REFUSED = {
	status: 500,
	body: { code: 0, message: 'There was a problem executing the workflow' },
};
const BAD_GATEWAY = { status: 502, body: {} };

let conversations = 0;
let close = () => {};
afterEach(() => close());

/** A conversation that an execution waits for, whose n8n gives these answers. */
async function waitedFor(...answers: Parameters<typeof startResumeServer>) {
	const server = await startResumeServer(...answers);
	close = server.close;
	const conversationId = `conversation ${++conversations}`;
	// Not by a start: the clock of these tests is not for requests to Talkdesk.
	Object.assign(dataTables, { tables: 1 });
	const startedAt = new Date(clock.now - 20_000).toISOString();
	const row = { id: 1, conversationId, sessionId: 's1', status: 'open', startedAt };
	dataTables.rows = [{ ...row, resumeUrl: server.url }];
	return { conversationId, server };
}
const resumeUrl = () => dataTables.rows?.[0]?.resumeUrl;

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

	it('waits as long as it was asked to, at most ten seconds', async () => {
		const { conversationId } = await waitedFor(later(4000), later(1e9), TAKEN);
		await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(clock.sleeps.slice(-2)).toEqual([4000, 10_000]);
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

	it("is offered once more in n8n's chat in queue mode, whose main process may have forgotten it", async () => {
		const inChat = { status: 200, body: { accepted: true, isInChat: true } };
		const { conversationId, server } = await waitedFor(inChat, BUSY, later(4000), inChat, OVER);
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)], { executionId: '77' });
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

	it('comes out if nothing listens at the URL', async () => {
		const { conversationId, server } = await waitedFor(TAKEN);
		server.close();
		const { events } = await trigger([says(conversationId, 'Hi', ZOE)]);
		expect(events).toMatchObject([{ text: 'Hi', undelivered: true }]);
		expect(events[0]).not.toHaveProperty('outcomeUnknown');
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
