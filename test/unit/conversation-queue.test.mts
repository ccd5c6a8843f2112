import { joinQueue } from '../../nodes/Talkdesk/actions/conversationQueue';

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
