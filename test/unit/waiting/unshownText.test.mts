import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import {
	noteCustomerWrites,
	noteText,
	withUnshownText,
} from '../../../nodes/Talkdesk/waiting/chatDisplay';

const T = 1_000_000;
const context: IDataObject = {};
/** A node of an execution in n8n's chat. */
const node = (name: string): IExecuteFunctions =>
	Object.create({ getContext: () => context, getNode: () => ({ name }) });

beforeEach(() => {
	noteText(node('Live chat'), 'First.', T);
	noteText(node('Live chat 2'), 'Second.', T + 4_000);
});

it("the customer who writes before n8n's chat shows a text reads it, and that the message has gone", () => {
	noteCustomerWrites(node('Live chat 2'), T + 5_000);
	expect(withUnshownText(node('Live chat'), '✓')).toBe('Second.\n\n✓');
	expect(withUnshownText(node('Live chat'), '✓')).toBe('✓');
});

it('without a text for delivered messages the customer reads just what was not shown', () => {
	noteCustomerWrites(node('Live chat 2'), T + 5_000);
	expect(withUnshownText(node('Live chat'), '')).toBe('Second.');
});

it('a text that was shown does not come again', () => {
	noteCustomerWrites(node('Live chat 2'), T + 12_000);
	expect(withUnshownText(node('Live chat'), '✓')).toBe('✓');
});
