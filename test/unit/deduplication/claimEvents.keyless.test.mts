import { EventEmitter } from 'node:events';

import { claimEvents } from '../../../nodes/Talkdesk/deduplication/claimEvents';

/** A response that isn't answered. */
class Response extends EventEmitter {
	statusCode = 200;
}

it('an event that nothing tells apart waits for no other one', async () => {
	const claim = async () =>
		await claimEvents(['event'], () => undefined, new Response(), 1_000_000);
	expect(await claim()).toEqual(['event']);
	const second = await Promise.race([claim(), new Promise((resolve) => setImmediate(resolve))]);
	expect(second).toEqual(['event']);
});
