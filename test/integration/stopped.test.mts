import { contents, run, SEND, started, talkdesk } from './fixtures.mts';
import { bill } from './sample-files.mts';

/** Fulfilled when Talkdesk has heard nothing for so many milliseconds. */
const quiet = async (ms: number) => {
	const counted = () => JSON.stringify(talkdesk.counts().routes);
	for (let before = ''; before !== counted(); ) {
		before = counted();
		await new Promise((resolve) => setTimeout(resolve, ms));
	}
};

it('a message does not go out without its file when the execution is stopped during the upload', async () => {
	const conversationId = await started();
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
