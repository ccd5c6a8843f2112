import { post, tokenOf } from '../support/inbound.mts';
import {
	inbound,
	JSON_TYPE,
	KEY,
	lastConversation,
	newMessage,
	outputOf,
	setUpInbound,
} from './inbound-fixtures.mts';

setUpInbound();

describe('a duplicate event', () => {
	it('is dropped: if it is concurrent, in another envelope, or after a restart of n8n', async () => {
		const trigger = await inbound.createTrigger('apiKey');
		const body = newMessage();
		const { conversation_id, payload, timestamp } = body;
		const relay = { timestamp, payload: { ...payload, conversation_id } };
		const send = async (what: object, action: string) => {
			const { status } = await post(`${trigger.basePath}${action}`, what, KEY);
			expect(status).toBe(200);
		};
		await Promise.all(Array.from({ length: 10 }, () => send(body, '/message_created')));
		await send(relay, '/message_created');
		// The duplicates wait until n8n has stored the first event, and start no execution.
		expect(await outputOf(trigger, 1)).toMatchObject({
			count: 1,
			conversations: [conversation_id],
		});

		// After the restart only n8n's database has the key: the execution has no output.
		await inbound.n8n.restart();
		await send(body, '/events');
		await send(newMessage(), '/message_created');
		const { count, conversations } = await outputOf(trigger, 3);
		expect(count).toBe(3);
		expect(conversations.sort()).toEqual([conversation_id, lastConversation()].sort());
	}, 240_000);

	it('passes if the option is off', async () => {
		const trigger = await inbound.createTrigger('apiKey', { ignoreDuplicates: false });
		const body = newMessage();
		for (let n = 0; n < 2; n++) await post(`${trigger.basePath}/events`, body, KEY);
		expect((await outputOf(trigger, 2)).conversations).toEqual(Array(2).fill(body.conversation_id));
	});
});

it('an acknowledged event is stored, even if n8n is killed at once', async () => {
	const trigger = await inbound.createTrigger('apiKey');
	const { status } = await post(`${trigger.basePath}/message_created`, newMessage(), KEY);
	await inbound.n8n.kill('SIGKILL');
	await inbound.n8n.restart();
	expect(status).toBe(200);
	expect(await inbound.executions(trigger)).toHaveLength(1);
}, 240_000);

it('with onlyAgentMessages, messages of customers start no execution', async () => {
	const trigger = await inbound.createTrigger('apiKey', { onlyAgentMessages: true });
	const by = async (type: string) => {
		const message = newMessage();
		const body = { ...message, payload: { ...message.payload, author: { type } } };
		return (await post(`${trigger.basePath}/message_created`, body, KEY)).data;
	};
	expect(await by('USER')).toEqual({ received: true, ignored: expect.any(String) });
	expect(await by('AGENT')).toEqual({ received: true });
	expect(await outputOf(trigger, 1)).toMatchObject({
		count: 1,
		conversations: [lastConversation()],
	});
});

describe('while n8n listens for a test event', () => {
	it('the response is the same, a token request does not end it, and no event is a duplicate', async () => {
		const trigger = await inbound.createTrigger('oAuth2');
		const body = newMessage();
		for (let n = 0; n < 2; n++) {
			await inbound.listen(trigger);
			const token = await tokenOf({ ...trigger, basePath: trigger.testPath });
			const headers = { Authorization: `Bearer ${token}` };
			const answer = await post(`${trigger.testPath}/message_created`, body, headers);
			expect([answer.status, answer.data]).toEqual([200, { received: true }]);
			expect(answer.headers['content-type']).toMatch(JSON_TYPE);
		}
		expect((await outputOf(trigger, 2)).conversations).toEqual(Array(2).fill(body.conversation_id));
		const headers = { Authorization: `Bearer ${await tokenOf(trigger)}` };
		await post(`${trigger.basePath}/message_created`, body, headers);
		expect((await outputOf(trigger, 3)).conversations).toHaveLength(3);
	});
});

it('a new secret is accepted at once, and the old one for ten seconds at most', async () => {
	const trigger = await inbound.createTrigger('apiKey');
	const statusWith = async (key: string) =>
		(await post(`${trigger.basePath}/message_created`, newMessage(), { 'X-Api-Key': key })).status;
	// From now on the credential is cached.
	expect(await statusWith(KEY['X-Api-Key'])).toBe(200);
	await inbound.n8n.api.updateCredential(trigger.credentialId, {
		data: { webhookApiKey: 'the-new-key' },
	});
	expect(await statusWith('the-new-key')).toBe(200);
	expect(await statusWith('another-key')).toBe(401);
	await new Promise((resolve) => setTimeout(resolve, 10_500));
	expect(await statusWith(KEY['X-Api-Key'])).toBe(401);
	expect(await statusWith('the-new-key')).toBe(200);
}, 60_000);
