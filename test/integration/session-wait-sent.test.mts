import type { IDataObject } from 'n8n-workflow';

import { parseWait } from '../../nodes/Talkdesk/waiting/wait';
import { contents, failFirst, SEND_ROUTE, talkdesk } from './fixtures.mts';
import { textFile } from './sample-files.mts';
import { wait } from './sendAndWait.mts';
import { route, started } from './session-fixtures.mts';

describe('a message that was sent in part', () => {
	const attachments = [
		{ name: 'a.txt', outcome: 'sent' },
		{ name: 'a*b*c', outcome: 'failed', error: expect.any(String) },
	];
	const inPart = async (more: IDataObject = {}) => {
		const conversationId = await started('s1');
		const options = { attachmentIds: 'a*b*c', ...more };
		return await wait(
			{ conversationId },
			{ text: 'Hello', inputDataFieldNames: '*', options },
			{ files: { a: textFile('a.txt') } },
		);
	};

	it('comes out with the next event', async () => {
		const { waitsWith } = await inPart();
		expect(waitsWith).toMatchObject({ event: 'timeout', sentMessage: { attachments } });
		expect(parseWait(waitsWith)?.sentMessage).toMatchObject({ attachments });
	});

	it.each([
		[{}, '✓\n\n✗ a\\*b\\*c'],
		[{ chatText: 'A human comes.' }, 'A human comes.\n\n✗ a\\*b\\*c'],
	])('in n8n’s chat, with %j, the customer reads which files', async (more, sendMessage) => {
		const { items } = await inPart({ showInChat: true, ...more });
		expect(items).toMatchObject([{ sendMessage }]);
	});

	it('in n8n’s chat also if Route has sent it before', async () => {
		const conversationId = await started('s1');
		const { human } = await route('s1', 'Hello', {}, { options: { attachmentIds: 'a*b*c' } });
		const [json = {}] = human ?? [];
		const { items } = await wait(json, { options: { showInChat: true } });
		expect(items).toMatchObject([{ sendMessage: '✓\n\n✗ a\\*b\\*c' }]);
		const another = await wait(
			{ ...json, conversationId: 'another' },
			{ options: { showInChat: true }, conversationId },
		);
		expect(another.items).toMatchObject([{ sendMessage: '✓' }]);
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('in n8n’s chat a file that may have been lost has a question mark', async () => {
		talkdesk.configure({ partialFailure: () => 'too bad' });
		const { items } = await inPart({ showInChat: true });
		expect(items).toMatchObject([{ sendMessage: '✓\n\n? a.txt  \n✗ a\\*b\\*c' }]);
	});
});

it('a wait that began without a message has none to report', async () => {
	const { waitsWith } = await wait({ conversationId: await started('s1') });
	expect(waitsWith).not.toHaveProperty('sentMessage');
});

it.each([
	[{ ifOutcomeUnknown: 'report' }, true, 'could not be delivered'],
	[{ ifOutcomeUnknown: 'repeat', maxRetries: 1 }, undefined, '✓'],
])('a lost answer, with %j', async (more, outcomeUnknown, shown) => {
	const conversationId = await started('s1');
	failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
	const options = { showInChat: true, maxRetries: 0, ...more };
	const { items, waitsWith } = await wait({ conversationId }, { text: 'Hello', options });
	expect(items).toMatchObject([{ sendMessage: expect.stringContaining(shown) }]);
	expect(parseWait(waitsWith)?.sentMessage?.outcomeUnknown).toBe(outcomeUnknown);
	expect(contents(conversationId)).toEqual(['Hello']);
});
