import {
	joinQueue,
	MAX_WAIT,
	noteSuccessor,
	queueOf,
} from '../../nodes/Talkdesk/actions/conversationQueue';

let keys = 0;
const newKey = () => `queue ${++keys}`;
const settled = async () => await new Promise((resolve) => setImmediate(resolve));

/** Joins, and notes when it is its turn. */
function join(key: string, order: number, done: number[], signal?: AbortSignal) {
	const place = joinQueue(key, order);
	const turn = place.turn(signal).then((isTurn) => {
		if (isTurn) done.push(order);
		return isTurn;
	});
	return { ...place, ended: turn };
}

it('those who wait go one after the other, in the order of their executions', async () => {
	const [key, done] = [newKey(), Array<number>()];
	// Execution 3 begins first, though it came last.
	const places = [3, 2, 4, 1].map((order) => join(key, order, done));
	await settled();
	expect(done).toEqual([3]);
	const [third, second, fourth, first] = places;
	third?.leave();
	await settled();
	expect(done).toEqual([3, 1]);
	first?.leave();
	await settled();
	second?.leave();
	await settled();
	fourth?.leave();
	expect(done).toEqual([3, 1, 2, 4]);
});

it('the same order goes in the order of joining', async () => {
	const [key, done] = [newKey(), Array<number>()];
	const places = [0, 0, 0].map((order) => joinQueue(key, order));
	places.forEach((place, index) => void place.turn().then(() => done.push(index)));
	for (const place of places) {
		await settled();
		place.leave();
	}
	expect(done).toEqual([0, 1, 2]);
});

it('who gives up holds nobody up, whether waiting or not', async () => {
	const [key, done] = [newKey(), Array<number>()];
	const stop = new AbortController();
	const [working, stopped, left, last] = [
		join(key, 1, done),
		join(key, 2, done, stop.signal),
		join(key, 3, done),
		join(key, 4, done),
	];
	stop.abort();
	expect(await stopped.ended).toBe(false);
	left.leave();
	stopped.leave();
	working.leave();
	working.leave();
	expect(await last.ended).toBe(true);
	expect(done).toEqual([1, 4]);
	last.leave();
	// The queue is gone: the next one is the first.
	expect(await join(key, 5, done).ended).toBe(true);
});

it('an execution that was stopped before does not wait', async () => {
	const key = newKey();
	join(key, 1, []);
	expect(await join(key, 2, [], AbortSignal.abort()).ended).toBe(false);
});

it('a successor shares the queue of the conversation that it took the place of', () => {
	noteSuccessor('a', 'b');
	noteSuccessor('b', 'c');
	noteSuccessor('c', 'c');
	expect(['a', 'b', 'c', 'd'].map(queueOf)).toEqual(['a', 'a', 'a', 'd']);
});

describe('behind a piece of work that never ends', () => {
	beforeEach(() => void jest.useFakeTimers());
	afterEach(() => void jest.useRealTimers());

	it('the first goes ahead after a while, and the others, one after the other, wait for that one alone', async () => {
		const key = newKey();
		const hanging = joinQueue(key, 1);
		const order: number[] = [];
		const places = [4, 3, 2].map((place) => joinQueue(key, place));
		const turns = places.map((place, index) => place.turn().then(() => order.push(4 - index)));
		await jest.advanceTimersByTimeAsync(MAX_WAIT);
		expect(order).toEqual([2]);
		// What comes back too late is nobody's turn.
		hanging.leave();
		await jest.advanceTimersByTimeAsync(0);
		expect(order).toEqual([2]);
		for (const place of [...places].reverse()) {
			place.leave();
			await jest.advanceTimersByTimeAsync(0);
		}
		await Promise.all(turns);
		expect(order).toEqual([2, 3, 4]);
		expect(await joinQueue(key, 5).turn()).toBe(true);
	});

	it('one that gives up is no reason to wait for longer', async () => {
		const key = newKey();
		joinQueue(key, 1);
		const [stopped, last, stop] = [joinQueue(key, 2), joinQueue(key, 3), new AbortController()];
		const turns = [stopped.turn(stop.signal), last.turn()];
		stop.abort();
		stopped.leave();
		await jest.advanceTimersByTimeAsync(MAX_WAIT);
		expect(await Promise.all(turns)).toEqual([false, false]);
		last.leave();
	});
});
