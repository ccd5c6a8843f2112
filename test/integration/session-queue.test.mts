import { contents, firstRequest, run, SEND, SEND_ROUTE, startConversation } from './fixtures.mts';
import { dataTables, own, route, started, startFor } from './session-fixtures.mts';

/** An open conversation of the session s1 that another process has started. */
async function startedElsewhere(): Promise<string> {
	const conversationId = await startConversation();
	const row = { id: 1, conversationId, sessionId: 's1', status: 'open' };
	Object.assign(dataTables, { tables: 1, rows: [row] });
	return conversationId;
}

it.each([
	['that this process has started', async () => await started('s1')],
	[
		'that Start has found',
		async () => {
			const conversationId = await startedElsewhere();
			await startFor('s1');
			return conversationId;
		},
	],
	[
		'that Route has found',
		async () => {
			const conversationId = await startedElsewhere();
			await route('s1', 'Hi');
			return conversationId;
		},
	],
])(
	'messages by the session and by the conversation keep their order, with a conversation %s',
	async (_what, begin) => {
		const conversationId = await begin();
		const before = contents(conversationId) ?? [];
		const refused = firstRequest(SEND_ROUTE, { kind: 'rateLimited', retryAfterSeconds: 1 });
		const first = run(SEND, { ...own(), items: [{ conversationId, text: 'One' }] });
		await refused;
		await Promise.all([first, route('s1', 'Two')]);
		expect(contents(conversationId)).toEqual([...before, 'One', 'Two']);
	},
);
