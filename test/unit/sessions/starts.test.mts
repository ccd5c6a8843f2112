import { isStarting, whileStarting } from '../../../nodes/Talkdesk/sessions/starts';
import { stopClock } from './fakeFunctions.mts';

const T = Date.parse('2026-01-02T12:00:00.000Z');
stopClock(T);

describe('a start is under way', () => {
	/** A start that ends when it is told to. */
	function begun(isStoredLater?: boolean) {
		let end = { succeed: () => {}, fail: () => {} };
		const work = new Promise<void>((resolve, reject) => {
			end = { succeed: resolve, fail: () => reject(new Error('timeout')) };
		});
		const start = whileStarting(async () => await work, isStoredLater);
		return { ...end, start };
	}

	it('until its end, each for itself', async () => {
		const all = [begun(), begun(), begun()];
		for (const { succeed, start } of all) {
			expect(isStarting(T)).toBe(true);
			succeed();
			await start;
		}
		expect(isStarting(T)).toBe(false);
	});

	it.each([
		['failed', undefined],
		['is stored later', true],
	])('six seconds longer if it %s', async (_, isStoredLater) => {
		const { succeed, fail, start } = begun(isStoredLater);
		(isStoredLater ? succeed : fail)();
		await start.catch(() => undefined);
		jest.setSystemTime(T + 5_999);
		expect(isStarting(T)).toBe(true);
		jest.setSystemTime(T + 6_000);
		expect(isStarting(T)).toBe(false);
	});

	it('for the events that came before it by six seconds at most', async () => {
		const { succeed, start } = begun();
		expect([T - 6_001, T - 6_000, T + 60_000].map(isStarting)).toEqual([false, true, true]);
		succeed();
		await start;
	});
});
