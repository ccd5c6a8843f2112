import { enqueue, MAX_WAIT_MS } from '../../../nodes/Talkdesk/collections/orderedQueue';

let keys = 0;
const newKey = () => `queue ${++keys}`;
const flushPromises = async () => await new Promise((resolve) => setImmediate(resolve));

/** Joins a queue, and adds its order to `started` when it is its turn. */
function join(key: string, order: number, started: number[], signal?: AbortSignal) {
	const ticket = enqueue(key, order);
	const acquired = ticket.acquire(signal).then((isTurn) => {
		if (isTurn) started.push(order);
		return isTurn;
	});
	return { ...ticket, acquired };
}

it('lets waiting executions start one after the other, in their order', async () => {
	const [key, started] = [newKey(), Array<number>()];
	// Execution 3 joins first, so it need not wait.
	const tickets = [3, 2, 4, 1].map((order) => join(key, order, started));
	await flushPromises();
	expect(started).toEqual([3]);
	const [third, second, fourth, first] = tickets;
	third?.release();
	await flushPromises();
	expect(started).toEqual([3, 1]);
	first?.release();
	await flushPromises();
	second?.release();
	await flushPromises();
	fourth?.release();
	expect(started).toEqual([3, 1, 2, 4]);
});

it('tells how many entries go before one', () => {
	const key = newKey();
	const tickets = [1, 5, 3].map((order) => enqueue(key, order));
	const [first, fifth, third] = tickets;
	expect([first, third, fifth].map((ticket) => ticket?.ahead())).toEqual([0, 1, 2]);
	third?.release();
	expect(fifth?.ahead()).toBe(1);
	first?.release();
	expect([first, third, fifth].map((ticket) => ticket?.ahead())).toEqual([0, 0, 0]);
});

it('lets an entry go ahead that joins before one of a greater order has asked for its turn', async () => {
	const [key, started] = [newKey(), Array<number>()];
	const [third, second] = [enqueue(key, 3), enqueue(key, 2)];
	const ask = (ticket: typeof third, order: number) =>
		void ticket.acquire().then((isTurn) => isTurn && started.push(order));
	ask(third, 3);
	await flushPromises();
	expect(started).toEqual([]);
	ask(second, 2);
	await flushPromises();
	expect(started).toEqual([2]);
	// The third is woken, and the fifth is next, but hasn't asked when the fourth comes.
	const fifth = enqueue(key, 5);
	second.release();
	await flushPromises();
	third.release();
	const fourth = join(key, 4, started);
	ask(fifth, 5);
	await flushPromises();
	expect(started).toEqual([2, 3, 4]);
	fourth.release();
	await flushPromises();
	expect(started).toEqual([2, 3, 4, 5]);
	fifth.release();
});

it('gives its turn to entries of a smaller order only, and gets it back', async () => {
	const [key, started] = [newKey(), Array<number>()];
	const third = join(key, 3, started);
	const fourth = join(key, 4, started);
	await flushPromises();
	expect(await third.giveWay()).toBe(false);
	const [first, second] = [enqueue(key, 1), join(key, 2, started)];
	let isBack = false;
	const back = third.giveWay().then((isGiven) => (isBack = isGiven));
	await flushPromises();
	// The first hasn't asked for its turn, but is next.
	expect(started).toEqual([3]);
	expect(await first.acquire()).toBe(true);
	first.release();
	await flushPromises();
	expect(started).toEqual([3, 2]);
	expect(isBack).toBe(false);
	second.release();
	expect(await back).toBe(true);
	expect(await third.giveWay()).toBe(false);
	// It gives way again.
	const zeroth = join(key, 0, started);
	const again = third.giveWay();
	await flushPromises();
	zeroth.release();
	expect(await again).toBe(true);
	third.release();
	await flushPromises();
	fourth.release();
	expect(started).toEqual([3, 2, 0, 4]);
});

it('is first in, first out for tickets of the same order', async () => {
	const [key, started] = [newKey(), Array<number>()];
	const tickets = [0, 0, 0].map((order) => enqueue(key, order));
	tickets.forEach((ticket, index) => void ticket.acquire().then(() => started.push(index)));
	for (const ticket of tickets) {
		await flushPromises();
		ticket.release();
	}
	expect(started).toEqual([0, 1, 2]);
});

it('is not blocked by a ticket that is released or canceled while it waits', async () => {
	const [key, started] = [newKey(), Array<number>()];
	const cancel = new AbortController();
	const [active, canceled, released, last] = [
		join(key, 1, started),
		join(key, 2, started, cancel.signal),
		join(key, 3, started),
		join(key, 4, started),
	];
	cancel.abort();
	expect(await canceled.acquired).toBe(false);
	released.release();
	canceled.release();
	active.release();
	active.release();
	expect(await last.acquired).toBe(true);
	expect(started).toEqual([1, 4]);
	last.release();
	// The queue is gone: the next one is the first.
	expect(await join(key, 5, started).acquired).toBe(true);
});

it('a second release does not end the queue that others have begun since', async () => {
	const [key, started] = [newKey(), Array<number>()];
	const first = enqueue(key, 1);
	first.release();
	const second = join(key, 2, started);
	first.release();
	const third = join(key, 3, started);
	await flushPromises();
	expect(started).toEqual([2]);
	second.release();
	expect(await third.acquired).toBe(true);
});

it('does not make an execution wait that was canceled before', async () => {
	const key = newKey();
	join(key, 1, []);
	expect(await join(key, 2, [], AbortSignal.abort()).acquired).toBe(false);
});

describe('behind a ticket that is never released', () => {
	beforeEach(() => void jest.useFakeTimers());
	afterEach(() => void jest.useRealTimers());

	it('the first starts after the maximum wait, and the others one after the other behind it', async () => {
		const key = newKey();
		const hanging = enqueue(key, 1);
		const started: number[] = [];
		const tickets = [4, 3, 2].map((order) => enqueue(key, order));
		const turns = tickets.map((ticket, index) =>
			ticket.acquire().then(() => started.push(4 - index)),
		);
		await jest.advanceTimersByTimeAsync(MAX_WAIT_MS);
		expect(started).toEqual([2]);
		// A late release starts no other.
		hanging.release();
		await jest.advanceTimersByTimeAsync(0);
		expect(started).toEqual([2]);
		for (const ticket of [...tickets].reverse()) {
			ticket.release();
			await jest.advanceTimersByTimeAsync(0);
		}
		await Promise.all(turns);
		expect(started).toEqual([2, 3, 4]);
		expect(await enqueue(key, 5).acquire()).toBe(true);
	});

	it('the next one waits no less for the first, if that hangs as well', async () => {
		const key = newKey();
		enqueue(key, 1);
		const started: number[] = [];
		for (const order of [2, 3])
			void enqueue(key, order)
				.acquire()
				.then(() => started.push(order));
		await jest.advanceTimersByTimeAsync(2 * MAX_WAIT_MS - 1000);
		expect(started).toEqual([2]);
		await jest.advanceTimersByTimeAsync(1000);
		expect(started).toEqual([2, 3]);
	});

	it('one that joins late waits as long', async () => {
		const key = newKey();
		enqueue(key, 1);
		await jest.advanceTimersByTimeAsync(MAX_WAIT_MS / 2);
		let isOver = false;
		void enqueue(key, 2)
			.acquire()
			.then(() => (isOver = true));
		await jest.advanceTimersByTimeAsync(MAX_WAIT_MS - 1000);
		expect(isOver).toBe(false);
		await jest.advanceTimersByTimeAsync(1000);
		expect(isOver).toBe(true);
	});

	it('a canceled ticket makes the others wait no longer', async () => {
		const key = newKey();
		enqueue(key, 1);
		const [canceled, last, cancel] = [enqueue(key, 2), enqueue(key, 3), new AbortController()];
		const turns = [canceled.acquire(cancel.signal), last.acquire()];
		cancel.abort();
		canceled.release();
		await jest.advanceTimersByTimeAsync(MAX_WAIT_MS);
		expect(await Promise.all(turns)).toEqual([false, false]);
		last.release();
	});
});
