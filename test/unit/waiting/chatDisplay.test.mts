import type { IContextObject, INode } from 'n8n-workflow';

import {
	noteCustomerWrites,
	noteText,
	pauseBefore,
	withUnshownText,
} from '../../../nodes/Talkdesk/waiting/chatDisplay';
import { NODE } from '../../support/node.mts';

let mockIsAlone = true;
jest.mock('../../../nodes/Talkdesk/sessions/processRole', () => ({
	isAloneInN8n: () => mockIsAlone,
}));
afterEach(() => (mockIsAlone = true));

/** An execution in n8n's chat, with nodes that share its context. */
function chat(context: IContextObject = {}) {
	const node = (name: string) => ({
		getContext: () => context,
		getNode: (): INode => ({ ...NODE, name }),
	});
	return { a: node('A'), b: node('B'), context };
}
const T = 1_000_000;

it('in queue mode n8n looks later', () => {
	mockIsAlone = false;
	const { a, b } = chat();
	expect(noteText(a, 'Hi', T)).toBe(T + 4000);
	expect(pauseBefore(a)).toBe(4000);
	expect(noteText(b, 'Two', T + 5000)).toBe(T + 12_000);
	noteCustomerWrites(b, T + 5000 + 3999);
	expect(withUnshownText(b, '✓')).toBe('Two\n\n✓');
});

it('the first text is shown at the next look, without a pause', () => {
	const { a } = chat();
	expect(pauseBefore(a)).toBe(0);
	expect(noteText(a, 'Hi', T)).toBe(T + 3250);
});

it('a second text of the same node needs a pause, after which it is shown at the next look', () => {
	const { a } = chat();
	noteText(a, 'One', T);
	expect(pauseBefore(a)).toBe(3250);
	expect(noteText(a, 'Two', T + 5000)).toBe(T + 8250);
});

it('a text of another node needs no pause, but two looks', () => {
	const { a, b } = chat();
	noteText(a, 'One', T);
	expect(pauseBefore(b)).toBe(0);
	expect(noteText(b, 'Two', T + 5000)).toBe(T + 11_250);
	expect(pauseBefore(a)).toBe(0);
	expect(noteText(a, 'Three', T + 15_000)).toBe(T + 21_250);
});

it('after the customer has written, the same node needs no pause', () => {
	const { a } = chat();
	noteText(a, 'One', T);
	noteCustomerWrites(a, T + 10_000);
	expect(pauseBefore(a)).toBe(0);
	expect(noteText(a, '✓', T + 10_000)).toBe(T + 13_250);
	expect(withUnshownText(a, '✓')).toBe('✓');
});

it('a text that the customer has interrupted before its second look is shown next, once', () => {
	const { a, b } = chat();
	noteText(a, 'One', T);
	noteText(b, 'Two', T + 5000);
	noteCustomerWrites(b, T + 5000 + 3099);
	expect(withUnshownText(b, '✓')).toBe('Two\n\n✓');
	expect(withUnshownText(b, '✓')).toBe('✓');
});

it('a text that has had its first look was shown', () => {
	const { a, b } = chat();
	noteText(a, 'One', T);
	noteText(b, 'Two', T + 5000);
	noteCustomerWrites(b, T + 5000 + 3100);
	expect(withUnshownText(b, '✓')).toBe('✓');
});

it('nothing is taken as unshown while it still may be shown', () => {
	const { a } = chat();
	noteText(a, 'One', T);
	expect(withUnshownText(a, '✓')).toBe('✓');
	expect(pauseBefore(a)).toBe(3250);
});

it.each([null, 'text', 7, { since: 'x' }, { shownNode: {} }])(
	'a context that something else has written into (%j) costs nothing but the memory',
	(talkdeskChat) => {
		const { a } = chat({ talkdeskChat });
		expect(pauseBefore(a)).toBe(0);
		expect(withUnshownText(a, '✓')).toBe('✓');
		noteCustomerWrites(a, T);
		expect(noteText(a, 'Hi', T)).toBe(T + 3250);
	},
);
