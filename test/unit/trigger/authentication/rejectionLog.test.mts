import { countRejection } from '../../../../nodes/Talkdesk/trigger/authentication/rejectionLog';

const NOW = 1_000_000;
const MINUTE = 60_000;
let places = 0;
const newPlace = () => `trigger ${++places}`;

it('the first refusal has a line in the log, the next ones in a minute have none', () => {
	const place = newPlace();
	expect(countRejection(place, NOW)).toBe(0);
	expect(countRejection(place, NOW + 1)).toBeUndefined();
	expect(countRejection(place, NOW + MINUTE - 1)).toBeUndefined();
});

it('the line after a minute counts what had none', () => {
	const place = newPlace();
	countRejection(place, NOW);
	countRejection(place, NOW + 1);
	countRejection(place, NOW + 2);
	expect(countRejection(place, NOW + MINUTE)).toBe(2);
	expect(countRejection(place, NOW + 2 * MINUTE)).toBe(0);
});

it('each trigger has its own line', () => {
	countRejection(newPlace(), NOW);
	expect(countRejection(newPlace(), NOW)).toBe(0);
});

it('does not grow with the number of triggers', () => {
	const place = newPlace();
	countRejection(place, NOW);
	for (let index = 0; index < 1000; index++) countRejection(newPlace(), NOW);
	expect(countRejection(place, NOW)).toBe(0);
});
