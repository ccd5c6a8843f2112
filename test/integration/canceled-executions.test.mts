import { contents, run, SEND, startConversation, talkdesk } from './fixtures.mts';
import { bill } from './sample-files.mts';

/** Fulfilled when Talkdesk has received no request for that long. */
const quiet = async (ms: number) => {
	const counted = () => JSON.stringify(talkdesk.counts().routes);
	for (let before = ''; before !== counted(); ) {
		before = counted();
		await new Promise((resolve) => setTimeout(resolve, ms));
	}
};

it('no message is sent without its file if the execution is canceled during the upload', async () => {
	const conversationId = await startConversation();
	let stop = () => {};
	const stopped = new Promise<void>((resolve) => (stop = resolve));
	talkdesk.configure({
		faults: ({ route }) =>
			route.startsWith('PUT /uploads') ? (stop(), { kind: 'cut', when: 'before' }) : undefined,
	});
	await run(
		{ ...SEND, inputDataFieldNames: 'data' },
		{ items: [{ conversationId, text: 'My bill' }], files: { data: bill }, stopped },
	);
	await quiet(500);
	expect(contents(conversationId)).toEqual([]);
});
