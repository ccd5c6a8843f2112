import { setUpAttachments } from './testing-attachments.mts';
import { codeOf } from './testing-faults.mts';
import { cleanUp, ManualTimer, request, setUp, tokenRequest, until } from './testing.mts';

afterEach(cleanUp);

test('every request to Talkdesk waits before it is processed', async () => {
	const timer = new ManualTimer();
	const { talkdesk, client } = await setUp({ timer });
	const id = await client.startConversation();
	talkdesk.configure({ latencyMs: () => 50 });
	const sent = [client.send(id, { content: 'one' }), tokenRequest(talkdesk)];
	await until(() => timer.left().length === 2);
	timer.advance(49);
	expect(talkdesk.counts()).toMatchObject({ messagesStored: 0, tokensIssued: 1 });
	timer.advance(1);
	expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([201, 200]);
});

test('requests to the storage wait, too', async () => {
	const timer = new ManualTimer();
	const { talkdesk } = await setUpAttachments({ timer });
	talkdesk.configure({ latencyMs: () => 50 });
	const answer = request('GET', `${talkdesk.storageUrl}/downloads/any`);
	await until(() => timer.left().length === 1);
	timer.advance(50);
	expect((await answer).status).toBe(403);
});

test("the agent's requests do not wait", async () => {
	const { talkdesk } = await setUp({ timer: new ManualTimer() });
	talkdesk.configure({ latencyMs: () => 50 });
	expect((await request('GET', `${talkdesk.agentApiUrl}/conversations`)).status).toBe(200);
});

test('the wait ends when the server is closed', async () => {
	const timer = new ManualTimer();
	const { talkdesk, client } = await setUp({ timer });
	talkdesk.configure({ latencyMs: () => 50 });
	const answer = codeOf(client.start());
	await until(() => timer.left().length === 1);
	await talkdesk.close();
	await answer;
	expect(timer.left()).toEqual([]);
});
