import { EventEmitter } from 'node:events';

import { claimEvents, claim } from '../../../nodes/Talkdesk/deduplication/claimEvents';

/** A response that the test finishes. */
class Response extends EventEmitter {
	statusCode = 200;

	finish(statusCode: number) {
		this.statusCode = statusCode;
		this.emit('finish');
		this.emit('close');
	}
}
let keys = 0;
const newKey = () => `key ${++keys}`;
const NOW = 1_000_000;
const MINUTE = 60_000;

it('claims an event for its first call at once', async () => {
	expect(await claim(newKey(), new Response(), NOW)).toBe(true);
});

it('makes a concurrent call wait, and drops it once the first one is stored', async () => {
	const key = newKey();
	const first = new Response();
	await claim(key, first, NOW);
	const second = claim(key, new Response(), NOW);
	const early = await Promise.race([second, Promise.resolve('waits')]);
	expect(early).toBe('waits');
	first.finish(200);
	expect(await second).toBe(false);
});

it('claims the event for one of the waiting calls if the first one is not stored', async () => {
	const key = newKey();
	const first = new Response();
	await claim(key, first, NOW);
	const responses = [new Response(), new Response()];
	const waiting = responses.map(async (response) => await claim(key, response, NOW));
	first.finish(500);
	expect(await waiting[0]).toBe(true);
	responses[0]?.finish(200);
	expect(await waiting[1]).toBe(false);
});

it.each([
	[199, true],
	[200, false],
	[204, false],
	[299, false],
	[300, true],
	[404, true],
])('after an answer of %i the next call has the event: %j', async (status, expected) => {
	const key = newKey();
	const first = new Response();
	await claim(key, first, NOW);
	first.finish(status);
	expect(await claim(key, new Response(), NOW)).toBe(expected);
});

it('claims the event for the next call if the first one was disconnected', async () => {
	const key = newKey();
	const first = new Response();
	await claim(key, first, NOW);
	first.emit('close');
	expect(await claim(key, new Response(), NOW)).toBe(true);
});

it('drops a duplicate for a minute, and leaves later ones to the database', async () => {
	const key = newKey();
	const first = new Response();
	await claim(key, first, NOW);
	first.finish(200);
	expect(await claim(key, new Response(), NOW + MINUTE)).toBe(false);
	expect(await claim(key, new Response(), NOW + MINUTE + 1)).toBe(true);
});

it('drops a duplicate for a minute, also if others come', async () => {
	const [key, later] = [newKey(), NOW + 10 * MINUTE];
	const first = new Response();
	await claim(key, first, later);
	first.finish(200);
	await claim(newKey(), new Response(), later + MINUTE);
	expect(await claim(key, new Response(), later + MINUTE)).toBe(false);
});

it('does not make another event wait', async () => {
	await claim(newKey(), new Response(), NOW);
	expect(await claim(newKey(), new Response(), NOW)).toBe(true);
});

it('forgets the oldest claims if there are very many', async () => {
	const key = newKey();
	const first = new Response();
	await claim(key, first, NOW);
	first.finish(200);
	for (let index = 0; index < 4999; index++) await claim(newKey(), new Response(), NOW);
	expect(await claim(key, new Response(), NOW)).toBe(false);
	await claim(newKey(), new Response(), NOW);
	expect(await claim(key, new Response(), NOW)).toBe(true);
});

describe('a call with several events', () => {
	const keyOf = (event: { key?: string }) => event.key;

	it('claims the new ones in their order, each once', async () => {
		const [known, fresh, other] = [newKey(), newKey(), newKey()];
		const first = new Response();
		await claim(known, first, NOW);
		first.finish(200);
		const events = [{ key: other }, { key: known }, {}, { key: fresh }, { key: other }, {}];
		const taken = await claimEvents(events, keyOf, new Response(), NOW);
		expect(taken).toEqual([{ key: other }, {}, { key: fresh }, {}]);
	});

	it('causes no deadlock with a call that has the same events in reverse order', async () => {
		const [one, two] = [{ key: newKey() }, { key: newKey() }];
		const responses = [new Response(), new Response()];
		const take = async (events: Array<{ key: string }>, response: Response) => {
			const taken = await claimEvents(events, keyOf, response, NOW);
			response.finish(200);
			return taken;
		};
		const [first, second] = responses;
		if (!first || !second) throw new Error('two responses');
		const both = await Promise.all([take([one, two], first), take([two, one], second)]);
		expect(both).toEqual([[one, two], []]);
	});

	it('adds one listener to its response for any number of events', async () => {
		const response = new Response();
		await claimEvents(
			Array.from({ length: 50 }, () => ({ key: newKey() })),
			keyOf,
			response,
			NOW,
		);
		expect(response.listenerCount('finish')).toBe(1);
	});
});
