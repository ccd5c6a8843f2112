import { hardSettings } from '../simulator/options.mts';
import { contents, END, run, SEND, START, startConversation, talkdesk } from './fixtures.mts';
import { textFile } from './sample-files.mts';

/** The stricter alternative of everything that the contract leaves open. */
beforeEach(() => talkdesk.configure({ ...hardSettings, numericIds: true }));

it('a conversation with messages and a file succeeds in the hardest case', async () => {
	const conversationId = await startConversation();
	const sent = await run(
		{ ...SEND, inputDataFieldNames: 'data' },
		{ items: [{ conversationId, text: 'Hello' }], files: { data: textFile('bill.txt') } },
	);
	expect(sent.error).toBeUndefined();
	expect(sent.items[0]?.json.attachments).toMatchObject([{ name: 'bill.txt', outcome: 'sent' }]);
	expect(contents(conversationId)).toEqual(['Hello']);
	const ended = await run(END, { items: [{ conversationId }] });
	expect(ended.items[0]?.json).toMatchObject({ ended: true, alreadyEnded: false });
	expect(talkdesk.violations()).toEqual([]);
});

it('no placeholder is sent for a missing value, and no key is used for two requests', async () => {
	const items = [
		{ email: 'ann@example.com', name: null, id: 1 },
		{ email: 'bob@example.com', name: undefined, id: 1 },
	];
	const { items: conversations } = await run(
		{
			...START,
			contactEmail: '={{ $json.email }}',
			contactCenterParameters: { name: '={{ $json.name }}' },
			options: { subject: '={{ $json.name }}', idempotencyKey: '={{ $json.id }}' },
		},
		{ items },
	);
	const ids = conversations.map(({ json }) => String(json.conversationId));
	const messages = ids.map((conversationId) => ({ conversationId, text: 'Hello', id: 1 }));
	await run({ ...SEND, options: { idempotencyKey: '={{ $json.id }}' } }, { items: messages });
	expect(ids.map(contents)).toEqual([['Hello'], ['Hello']]);
	expect(talkdesk.violations()).toEqual([]);
});
