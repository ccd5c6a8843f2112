import { isStarting, whileStarting } from '../../../nodes/Talkdesk/sessions/starts';
import { stopClock } from './fakeFunctions.mts';

const NOON = '2026-01-02T12:00:00.000Z';
stopClock(Date.parse(NOON));

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
			expect(isStarting()).toBe(true);
			succeed();
			await start;
		}
		expect(isStarting()).toBe(false);
	});

	it.each([
		['failed', undefined],
		['is stored later', true],
	])('six seconds longer if it %s', async (_, isStoredLater) => {
		const { succeed, fail, start } = begun(isStoredLater);
		(isStoredLater ? succeed : fail)();
		await start.catch(() => undefined);
		jest.setSystemTime(Date.parse(NOON) + 5_999);
		expect(isStarting()).toBe(true);
		jest.setSystemTime(Date.parse(NOON) + 6_000);
		expect(isStarting()).toBe(false);
	});
});
