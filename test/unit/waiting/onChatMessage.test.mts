import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { onChatMessage } from '../../../nodes/Talkdesk/waiting/onChatMessage';
import { timeoutItem } from '../../../nodes/Talkdesk/waiting/wait';

const NOW = Date.parse('2026-01-02T12:00:00.000Z');
beforeEach(() => jest.useFakeTimers({ now: NOW }));
afterEach(() => jest.useRealTimers());

it("what the customer writes in n8n's chat is an event, with its files", async () => {
	const context: IDataObject = {};
	const sentMessage = { attachments: [] };
	const { json } = timeoutItem(
		{ conversationId: 'c1', sessionId: 's1', eventIds: [], opensAt: 0, sentMessage },
		NOW,
	);
	const functions: IExecuteFunctions = Object.create({
		getContext: () => context,
		getNode: () => ({ name: 'Live chat' }),
		getInputData: () => [{ json }],
	});
	const binary = { data0: { data: '', mimeType: 'text/plain' } };
	const written = { json: { sessionId: "n8n's own", chatInput: '={{ 7*7 }}' }, binary };
	expect(await onChatMessage(functions, written)).toEqual([
		[
			{
				json: {
					event: 'customer_message',
					conversationId: 'c1',
					sessionId: 's1',
					timestamp: new Date(NOW).toISOString(),
					text: '={{ 7*7 }}',
					author: { kind: 'customer' },
					sentMessage,
				},
				binary,
				pairedItem: { item: 0 },
			},
		],
	]);
});

it('what the customer writes is for the conversation that the execution remembers, also if n8n has read it in the middle of another call', async () => {
	const talkdeskWait = { executionId: '7', conversationId: 'c1', sessionId: 's1', eventIds: [] };
	const functions: IExecuteFunctions = Object.create({
		getContext: () => ({ talkdeskWait }),
		getNode: () => ({ name: 'Live chat' }),
		getInputData: () => [{ json: { event: 'message_created', conversationId: 'c1' } }],
	});
	const [[item] = []] = await onChatMessage(functions, { json: { chatInput: 'Hi' } });
	expect(item?.json).toMatchObject({ conversationId: 'c1', sessionId: 's1', text: 'Hi' });
});
