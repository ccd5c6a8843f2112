import { END, firstRequest, run } from './fixtures.mts';
import { dataTables, event, own, says, started, trigger, ZOE } from './session-fixtures.mts';

const END_ROUTE = 'DELETE /api/digital-connect/conversations/:id';

/** Ends the conversation, at the second try. @returns what an agent says while it is being ended */
async function endSlowly(conversationId: string) {
	const refused = firstRequest(END_ROUTE, { kind: 'rateLimited', retryAfterSeconds: 2 });
	const ending = run({ ...END, conversationId }, own());
	await refused;
	const timestamp = new Date(Date.now() + 100).toISOString();
	return { ending, message: says(conversationId, 'Wait', ZOE, { timestamp }) };
}
/** What the trigger says of an end that Talkdesk reports. */
const handsBack = async (conversationId: string) =>
	(await trigger([event('conversation_ended', conversationId)])).events[0]?.handedBack;

describe('the end by a workflow that repeats its request', () => {
	it('remains its own, although an agent writes meanwhile', async () => {
		const conversationId = await started('s1');
		const { ending, message } = await endSlowly(conversationId);
		await trigger([message]);
		expect((await ending).error).toBeUndefined();
		expect(await handsBack(conversationId)).toBe(false);
	});

	it('also if the message comes to the trigger only afterwards', async () => {
		const conversationId = await started('s1');
		const { ending, message } = await endSlowly(conversationId);
		await ending;
		await trigger([message]);
		expect(await handsBack(conversationId)).toBe(false);
	});

	it('also if another worker has taken the message for a reopening', async () => {
		const conversationId = await started('s1');
		const { ending } = await endSlowly(conversationId);
		dataTables.rows?.forEach((row) => Object.assign(row, { status: 'open' }));
		await ending;
		expect(await handsBack(conversationId)).toBe(false);
	});
});

it('an agent who opens the conversation again may end it', async () => {
	const conversationId = await started('s1');
	await run({ ...END, conversationId }, own());
	const timestamp = new Date(Date.now() + 60_000).toISOString();
	await trigger([says(conversationId, 'One more thing', ZOE, { timestamp })]);
	expect(await handsBack(conversationId)).toBe(true);
});

it("the end is the agent's if the workflow's attempt failed", async () => {
	const conversationId = await started('s1');
	const failed = firstRequest(END_ROUTE, { kind: 'cut', when: 'before' });
	const { error } = await run({ ...END, conversationId, options: { maxRetries: 0 } }, own());
	await failed;
	expect(error).toBeDefined();
	expect(await handsBack(conversationId)).toBe(true);
});
