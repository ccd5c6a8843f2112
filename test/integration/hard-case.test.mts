import { hardSettings } from '../simulator/options.mts';
import { contents, END, run, SEND, START, started, talkdesk } from './fixtures.mts';

/** The harder of each two unknowns at once. */
beforeEach(() => talkdesk.configure({ ...hardSettings, numericIds: true }));

it('a conversation with messages and a file goes through in the hardest case', async () => {
	const bill = { name: 'bill.txt', type: 'text/plain', content: Buffer.from('7 EUR') };
	const conversationId = await started();
	const sent = await run(
		{ ...SEND, inputDataFieldNames: 'data' },
		{ items: [{ conversationId, text: 'Hello' }], files: { data: bill } },
	);
	expect(sent.error).toBeUndefined();
	expect(sent.items[0]?.json.attachments).toMatchObject([{ name: 'bill.txt', outcome: 'sent' }]);
	expect(contents(conversationId)).toEqual(['Hello']);
	const ended = await run(END, { items: [{ conversationId }] });
	expect(ended.items[0]?.json).toMatchObject({ ended: true, alreadyEnded: false });
	expect(talkdesk.violations()).toEqual([]);
});

it('nothing is sent that would hide a fault: no word for nothing, no key for two things', async () => {
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
