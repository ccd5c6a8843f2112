import { joinQueue, MAX_WAIT } from '../../nodes/Talkdesk/actions/conversationQueue';

it('an execution that was stopped before its turn waits for nobody', async () => {
	const ahead = joinQueue('a');
	const place = joinQueue('a');
	expect(await place.turn(AbortSignal.abort())).toBe(false);
	ahead.leave();
	place.leave();
});

it('a place that is given up lets nobody overtake those ahead of it', async () => {
	const order: string[] = [];
	const [first, second, third] = [joinQueue('b'), joinQueue('b'), joinQueue('b')];
	const done = third.turn().then(() => order.push('third'));
	second.leave();
	await Promise.resolve();
	order.push('first');
	first.leave();
	await done;
	expect(order).toEqual(['first', 'third']);
	third.leave();
});

describe('behind a piece of work that never ends', () => {
	beforeEach(() => void jest.useFakeTimers());
	afterEach(() => void jest.useRealTimers());

	it('the first goes ahead after a while, and the others, one after the other, wait for that one alone', async () => {
		joinQueue('c');
		const order: string[] = [];
		const places = ['second', 'third', 'fourth'].map((name) => ({ name, place: joinQueue('c') }));
		for (const { name, place } of places) void place.turn().then(() => order.push(name));
		await jest.advanceTimersByTimeAsync(MAX_WAIT);
		expect(order).toEqual(['second']);
		for (const { place } of places) {
			place.leave();
			await jest.advanceTimersByTimeAsync(0);
		}
		expect(order).toEqual(['second', 'third', 'fourth']);
		expect(await joinQueue('c').turn()).toBe(true);
	});

	it('one that gives up is no reason to wait for longer', async () => {
		joinQueue('d');
		const stopped = joinQueue('d');
		const stop = new AbortController();
		const last = joinQueue('d');
		const turns = [stopped.turn(stop.signal), last.turn()];
		stop.abort();
		stopped.leave();
		await jest.advanceTimersByTimeAsync(MAX_WAIT);
		expect(await Promise.all(turns)).toEqual([false, false]);
		last.leave();
	});
});
