import { z } from 'zod';
import type { WebhookCall, WebhookFault } from '../simulator.mts';
import {
	cleanUp,
	connectedForTest,
	ManualTimer,
	talkdeskForTest,
	clientOf,
	until,
} from './testing.mts';

afterEach(cleanUp);

type Answer = Parameters<typeof connectedForTest>[0];

const envelope = z.object({
	event_type: z.string(),
	payload: z.object({ id: z.string(), content: z.string() }).optional(),
});

/** A joined conversation whose next calls have these faults. */
async function joinedForTest(
	faults: Array<WebhookFault | undefined>,
	{ answer, ...options }: { answer?: Answer; integration?: object } = {},
) {
	const timer = new ManualTimer();
	const set = await connectedForTest(answer, { timer, ...options });
	await set.talkdesk.agent.join(set.conversation_id, { name: 'Grace' });
	const asked: WebhookCall[] = [];
	set.talkdesk.configure({
		webhookFaults(call) {
			asked.push(call);
			return faults.shift();
		},
	});
	return {
		...set,
		timer,
		asked,
		say: (text: string) => set.talkdesk.agent.say(set.conversation_id, text),
		/** What n8n's side got after the join, in words. */
		got: () =>
			set.n8n.calls.slice(1).map(({ body }) => {
				const { event_type, payload } = envelope.parse(JSON.parse(body));
				return payload?.content ?? event_type;
			}),
	};
}

/** Responses that a test gives manually. */
function byHand() {
	const open: Array<() => void> = [];
	let isOn = false;
	return {
		open,
		hold: () => (isOn = true),
		answer: async () => {
			if (isOn) await new Promise<void>((answered) => open.push(answered));
			return {};
		},
	};
}

test('the option webhookFaults gets each call in order', async () => {
	const { asked, say, talkdesk, client, conversation_id: id } = await joinedForTest([]);
	const delivery = await say('one');
	expect(delivery).not.toHaveProperty('repeats');
	await talkdesk.agent.end(id);
	const other = await client.startConversation();
	await talkdesk.agent.join(other, { name: 'Grace' });
	await talkdesk.deliver('local-touchpoint', 'message_created', {});
	expect(asked).toEqual([
		{ event: 'message_created', conversationId: id, index: 1 },
		{ event: 'conversation_ended', conversationId: id, index: 2 },
		{ event: 'conversation_started', conversationId: other, index: 0 },
	]);
});

test('the option webhookFaults gets no call without an integration', async () => {
	const webhookFaults = jest.fn(() => 'late' as const);
	const talkdesk = await talkdeskForTest({ webhookFaults });
	const conversation = await (await clientOf(talkdesk)).startConversation();
	expect(await talkdesk.agent.end(conversation)).toMatchObject({ url: null });
	expect(webhookFaults).not.toHaveBeenCalled();
});

describe('a duplicate', () => {
	test('is made after the response to the first, with the same bytes, before the next call', async () => {
		const { open, hold, answer } = byHand();
		const { n8n, say, got, talkdesk } = await joinedForTest(['duplicate'], { answer });
		hold();
		const deliveries = Promise.all([say('one'), say('two')]);
		for (const expected of [['one'], ['one', 'one'], ['one', 'one', 'two']]) {
			await until(() => open.length > 0);
			// Any other pending call would arrive before this one.
			const raw = talkdesk.deliver('local-touchpoint', 'x', '{"event_type":"X"}', { path: '/x' });
			await until(() => open.length > 1);
			expect(got().filter((text) => text !== 'X')).toEqual(expected);
			open.splice(0).forEach((release) => release());
			await raw;
		}
		const [first, second] = await deliveries;
		expect(first).toMatchObject({ ok: true, repeats: [{ ok: true, status: 200 }] });
		expect(first?.repeats).toHaveLength(1);
		expect(second).not.toHaveProperty('repeats');
		const bodies = n8n.calls.filter(({ body }) => body.includes('"one"')).map(({ body }) => body);
		expect(new Set(bodies).size).toBe(1);
		const told = talkdesk.log.filter(({ summary }) => summary === 'message_created');
		expect(told).toHaveLength(3);
	});

	test('at once is made before the response to the first', async () => {
		const { open, hold, answer } = byHand();
		const { n8n, say, got } = await joinedForTest(['duplicateAtOnce'], { answer });
		hold();
		const deliveries = Promise.all([say('one'), say('two')]);
		await until(() => open.length === 2);
		expect(got()).toEqual(['one', 'one']);
		expect(n8n.calls[1]?.body).toBe(n8n.calls[2]?.body);
		open.shift()?.();
		open.shift()?.();
		await until(() => open.length === 1);
		expect(got()).toEqual(['one', 'one', 'two']);
		open.shift()?.();
		expect((await deliveries)[0]).toMatchObject({ ok: true, repeats: [{ ok: true }] });
	});

	test('gives the outcome of the first call, even if it failed', async () => {
		let status = 500;
		const { say, n8n } = await joinedForTest(['duplicate'], {
			answer: ({ url }) => {
				if (url !== '/message_created') return {};
				const answer = { status };
				status = 200;
				return answer;
			},
		});
		expect(await say('one')).toMatchObject({ status: 500, repeats: [{ status: 200 }] });
		expect(n8n.calls).toHaveLength(3);
	});
});

describe('a late call', () => {
	test('is overtaken by the next one, and made when that was answered', async () => {
		const { open, hold, answer } = byHand();
		const { say, got, timer, talkdesk } = await joinedForTest(['late'], { answer });
		hold();
		const deliveries = Promise.all([say('one'), say('two')]);
		await until(() => open.length === 1);
		expect(got()).toEqual(['two']);
		open.shift()?.();
		await until(() => open.length === 1);
		expect(got()).toEqual(['two', 'one']);
		open.shift()?.();
		expect(await deliveries).toMatchObject([{ ok: true }, { ok: true }]);
		expect(timer.left()).toEqual([]);
		const events = talkdesk.transcripts()[0]?.events.slice(1);
		expect(events).toMatchObject([
			{ message: { content: 'one' }, fault: 'late', calls: [{ nth: 2 }] },
			{ message: { content: 'two' }, calls: [{ nth: 1 }] },
		]);
	});

	test('is made after 2 seconds if none overtakes it', async () => {
		const { say, got, timer } = await joinedForTest(['late']);
		const delivery = say('one');
		await until(() => timer.left().length === 1);
		expect(timer.left()).toEqual([2000]);
		timer.advance(1999);
		expect(timer.left()).toEqual([1]);
		expect(got()).toEqual([]);
		timer.advance(1);
		expect(await delivery).toMatchObject({ ok: true });
		expect(got()).toEqual(['one']);
	});

	test('is made last if all are late', async () => {
		const { say, got, timer } = await joinedForTest(['late', 'late', undefined]);
		await Promise.all([say('one'), say('two'), say('three')]);
		expect(got()).toEqual(['three', 'two', 'one']);
		expect(timer.left()).toEqual([]);
	});

	test('waits for calls of its own conversation only', async () => {
		const { say, got, timer, talkdesk, client } = await joinedForTest(['late']);
		const delivery = say('one');
		const other = await client.startConversation();
		await talkdesk.agent.join(other, { name: 'Grace' });
		expect(got()).toEqual(['CONVERSATION_STARTED']);
		timer.advance(2000);
		await delivery;
	});

	test('ends with close', async () => {
		const { say, got, timer, talkdesk } = await joinedForTest(['late']);
		const delivery = say('one');
		await until(() => timer.left().length === 1);
		await talkdesk.close();
		expect(await delivery).toMatchObject({ ok: false, error: 'the Talkdesk simulator was closed' });
		expect(timer.left()).toEqual([]);
		expect(got()).toEqual([]);
	});
});

describe('redelivery', () => {
	const redeliver = { attempts: 3, delayMs: 700 };
	const failing = (times: number): Answer => {
		let left = times;
		return ({ url }) => ({ status: url === '/message_created' && left-- > 0 ? 503 : 200 });
	};

	test('is off by default', async () => {
		const { say, got } = await joinedForTest([], { answer: failing(1) });
		expect(await say('one')).toMatchObject({ status: 503 });
		await say('two');
		expect(got()).toEqual(['one', 'two']);
	});

	test.each([
		[2, [503, 200]],
		[9, [503, 503, 503]],
	])('goes on until a call succeeds, or up to the limit: %d failures', async (times, repeats) => {
		const { n8n, say, got, timer } = await joinedForTest([], {
			answer: failing(times),
			integration: { redeliver },
		});
		const deliveries = Promise.all([say('one'), say('two')]);
		for (const _ of repeats) {
			await until(() => timer.left().includes(700));
			timer.advance(700);
		}
		// The next event has waited.
		await until(() => got().includes('two'));
		expect(got()).toEqual(['one', ...repeats.map(() => 'one'), 'two']);
		expect(new Set(n8n.calls.slice(1, -1).map(({ body }) => body)).size).toBe(1);
		for (let round = 0; times === 9 && round < 3; round += 1) {
			await until(() => timer.left().includes(700));
			timer.advance(700);
		}
		const [first] = await deliveries;
		expect(first).toMatchObject({ status: 503, repeats: repeats.map((status) => ({ status })) });
	});

	test('ends with close', async () => {
		const { say, timer, talkdesk, got } = await joinedForTest([], {
			answer: failing(9),
			integration: { redeliver },
		});
		const delivery = say('one');
		await until(() => timer.left().includes(700));
		await talkdesk.close();
		expect(await delivery).toMatchObject({ status: 503 });
		expect(got()).toEqual(['one']);
		expect(timer.left()).toEqual([]);
	});

	test.each([
		{ attempts: 0, delayMs: 1 },
		{ attempts: 1.5, delayMs: 1 },
		{ attempts: 1, delayMs: -1 },
	])('%j is invalid', async (wrong) => {
		const integration = { basePath: 'http://127.0.0.1:1', redeliver: wrong };
		const touchpoints = [{ id: 'x', integration }];
		await expect(talkdeskForTest({ touchpoints })).rejects.toThrow(TypeError);
	});
});
