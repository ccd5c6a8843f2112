import {
	enqueue,
	MAX_WAIT_MS,
	linkSuccessor,
	queueKey,
} from '../../../nodes/Talkdesk/actions/conversationQueue';

let keys = 0;
const newKey = () => `queue ${++keys}`;
const settled = async () => await new Promise((resolve) => setImmediate(resolve));

/** Joins, and notes when it is its turn. */
function join(key: string, order: number, done: number[], signal?: AbortSignal) {
	const place = enqueue(key, order);
	const turn = place.acquire(signal).then((isTurn) => {
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
	third?.release();
	await settled();
	expect(done).toEqual([3, 1]);
	first?.release();
	await settled();
	second?.release();
	await settled();
	fourth?.release();
	expect(done).toEqual([3, 1, 2, 4]);
});

it('the same order goes in the order of joining', async () => {
	const [key, done] = [newKey(), Array<number>()];
	const places = [0, 0, 0].map((order) => enqueue(key, order));
	places.forEach((place, index) => void place.acquire().then(() => done.push(index)));
	for (const place of places) {
		await settled();
		place.release();
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
	left.release();
	stopped.release();
	working.release();
	working.release();
	expect(await last.ended).toBe(true);
	expect(done).toEqual([1, 4]);
	last.release();
	// The queue is gone: the next one is the first.
	expect(await join(key, 5, done).ended).toBe(true);
});

it('an execution that was stopped before does not wait', async () => {
	const key = newKey();
	join(key, 1, []);
	expect(await join(key, 2, [], AbortSignal.abort()).ended).toBe(false);
});

it('a successor shares the queue of the conversation that it took the place of', () => {
	linkSuccessor('a', 'b');
	linkSuccessor('b', 'c');
	linkSuccessor('c', 'c');
	expect(['a', 'b', 'c', 'd'].map(queueKey)).toEqual(['a', 'a', 'a', 'd']);
});

describe('behind a piece of work that never ends', () => {
	beforeEach(() => void jest.useFakeTimers());
	afterEach(() => void jest.useRealTimers());

	it('the first goes ahead after a while, and the others, one after the other, wait for that one alone', async () => {
		const key = newKey();
		const hanging = enqueue(key, 1);
		const order: number[] = [];
		const places = [4, 3, 2].map((place) => enqueue(key, place));
		const turns = places.map((place, index) => place.acquire().then(() => order.push(4 - index)));
		await jest.advanceTimersByTimeAsync(MAX_WAIT_MS);
		expect(order).toEqual([2]);
		// What comes back too late is nobody's turn.
		hanging.release();
		await jest.advanceTimersByTimeAsync(0);
		expect(order).toEqual([2]);
		for (const place of [...places].reverse()) {
			place.release();
			await jest.advanceTimersByTimeAsync(0);
		}
		await Promise.all(turns);
		expect(order).toEqual([2, 3, 4]);
		expect(await enqueue(key, 5).acquire()).toBe(true);
	});

	it('one that gives up is no reason to wait for longer', async () => {
		const key = newKey();
		enqueue(key, 1);
		const [stopped, last, stop] = [enqueue(key, 2), enqueue(key, 3), new AbortController()];
		const turns = [stopped.acquire(stop.signal), last.acquire()];
		stop.abort();
		stopped.release();
		await jest.advanceTimersByTimeAsync(MAX_WAIT_MS);
		expect(await Promise.all(turns)).toEqual([false, false]);
		last.release();
	});
});
