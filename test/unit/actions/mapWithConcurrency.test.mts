import fc from 'fast-check';

import { mapWithConcurrency } from '../../../nodes/Talkdesk/actions/mapWithConcurrency';

it('each thing once, results in their order, and never more than the limit', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.scheduler(),
			fc.array(fc.integer(), { maxLength: 12 }),
			fc.integer({ min: 1, max: 5 }),
			async (scheduler, things, limit) => {
				let open = 0;
				let most = 0;
				const all = mapWithConcurrency(things, limit, async (thing) => {
					most = Math.max(most, ++open);
					await scheduler.schedule(Promise.resolve());
					open--;
					return thing * 2;
				});
				await scheduler.waitFor(all);
				expect(await all).toEqual(things.map((thing) => thing * 2));
				expect(most).toBe(Math.min(limit, things.length));
			},
		),
	);
});
