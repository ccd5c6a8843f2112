import fc from 'fast-check';

import { mapWithConcurrency } from '../../../nodes/Talkdesk/actions/mapWithConcurrency';

it('maps each item once, keeps their order, and never exceeds the concurrency', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.scheduler(),
			fc.array(fc.integer(), { maxLength: 12 }),
			fc.integer({ min: 1, max: 5 }),
			async (scheduler, items, concurrency) => {
				let running = 0;
				let most = 0;
				const all = mapWithConcurrency(items, concurrency, async (item) => {
					most = Math.max(most, ++running);
					await scheduler.schedule(Promise.resolve());
					running--;
					return item * 2;
				});
				await scheduler.waitFor(all);
				expect(await all).toEqual(items.map((item) => item * 2));
				expect(most).toBe(Math.min(concurrency, items.length));
			},
		),
	);
});
