import { countRejection } from '../../../../nodes/Talkdesk/trigger/authentication/rejectionLog';

const NOW = 1_000_000;
const MINUTE = 60_000;
let triggers = 0;
const newTrigger = () => `trigger ${++triggers}`;

it('logs the first rejection, and none for a minute after it', () => {
	const trigger = newTrigger();
	expect(countRejection(trigger, NOW)).toBe(0);
	expect(countRejection(trigger, NOW + 1)).toBeUndefined();
	expect(countRejection(trigger, NOW + MINUTE - 1)).toBeUndefined();
});

it('gives the number of unlogged rejections after a minute', () => {
	const trigger = newTrigger();
	countRejection(trigger, NOW);
	countRejection(trigger, NOW + 1);
	countRejection(trigger, NOW + 2);
	expect(countRejection(trigger, NOW + MINUTE)).toBe(2);
	expect(countRejection(trigger, NOW + 2 * MINUTE)).toBe(0);
});

it('counts for each trigger', () => {
	countRejection(newTrigger(), NOW);
	expect(countRejection(newTrigger(), NOW)).toBe(0);
});

it('forgets the oldest trigger if there are very many', () => {
	const trigger = newTrigger();
	countRejection(trigger, NOW);
	for (let index = 0; index < 999; index++) countRejection(newTrigger(), NOW);
	expect(countRejection(trigger, NOW)).toBeUndefined();
	countRejection(newTrigger(), NOW);
	expect(countRejection(trigger, NOW)).toBe(0);
});
