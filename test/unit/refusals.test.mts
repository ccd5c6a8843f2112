import { noteRefusal } from '../../nodes/Talkdesk/trigger/refusals';

const NOW = 1_000_000;
const MINUTE = 60_000;
let places = 0;
const newPlace = () => `trigger ${++places}`;

it('the first refusal has a line in the log, the next ones in a minute have none', () => {
	const place = newPlace();
	expect(noteRefusal(place, NOW)).toBe(0);
	expect(noteRefusal(place, NOW + 1)).toBeUndefined();
	expect(noteRefusal(place, NOW + MINUTE - 1)).toBeUndefined();
});

it('the line after a minute counts what had none', () => {
	const place = newPlace();
	noteRefusal(place, NOW);
	noteRefusal(place, NOW + 1);
	noteRefusal(place, NOW + 2);
	expect(noteRefusal(place, NOW + MINUTE)).toBe(2);
	expect(noteRefusal(place, NOW + 2 * MINUTE)).toBe(0);
});

it('each trigger has its own line', () => {
	noteRefusal(newPlace(), NOW);
	expect(noteRefusal(newPlace(), NOW)).toBe(0);
});

it('does not grow with the number of triggers', () => {
	const place = newPlace();
	noteRefusal(place, NOW);
	for (let index = 0; index < 1000; index++) noteRefusal(newPlace(), NOW);
	expect(noteRefusal(place, NOW)).toBe(0);
});
