import axios from 'axios';

import { post } from '../support/inbound.mts';
import {
	inbound,
	KEY,
	newMessage,
	outputOf,
	setUpInbound,
	untilLogged,
} from './inbound-fixtures.mts';

setUpInbound();

it('repeated rejections are one line in the log, without a secret', async () => {
	const trigger = await inbound.createTrigger('apiKey');
	const url = `${trigger.basePath}/message_created`;
	const line =
		"A call was rejected with 401. Webhook Authentication is API Key, and the header X-Api-Key isn't";
	const lines = () => inbound.n8n.log().split(line).length - 1;
	const before = lines();
	for (let n = 0; n < 5; n++) {
		expect((await post(url, newMessage(), { 'X-Api-Key': 'wr0ng-value' })).status).toBe(401);
	}
	// The log is in order: this line follows those of the rejections.
	const last = { ...newMessage(), payload: { [`after_${before}_lines`]: 1 } };
	expect((await post(url, last, KEY)).status).toBe(200);
	await untilLogged(`after_${before}_lines`);
	expect(lines() - before).toBe(1);
	expect(inbound.n8n.log()).not.toMatch(/wr0ng-value|a long random key/);
});

describe('a call that deviates from the documentation', () => {
	const json = 'application/json';
	it.each([
		['no content type', '/message_created', undefined, ''],
		['application/vnd.talkdesk+json', '/message_created', 'application/vnd.talkdesk+json', ''],
		['application/hal+json', '/message_created', 'application/hal+json; charset=utf-8', ''],
		['application/octet-stream', '/message_created', 'application/octet-stream', ''],
		['text/plain', '/message_created', 'text/plain', ''],
		['text/plain in another charset', '/message_created', 'text/plain; charset=latin1', ''],
		['a form', '/message_created', 'application/x-www-form-urlencoded', ''],
		['JSON with a blank', '/message_created', 'application/json ; charset=utf-8', ''],
		['JSON in another charset', '/message_created', 'application/json; charset=latin1', ''],
		['a byte order mark', '/message_created', json, '\ufeff'],
		['a byte order mark and another type', '/message_created', 'text/json', '\ufeff'],
		['a slash at the end', '/message_created/', json, ''],
		['a query', '/message_created?source=talkdesk', json, ''],
	])('%s: is accepted with its text', async (_what, action, type, mark) => {
		const trigger = await inbound.createTrigger('apiKey');
		const { event_type: _name, ...message } = newMessage();
		const body = { ...message, payload: { content: '<p>Grüße &amp; <b>Dank</b></p>' } };
		const { status, data } = await axios.request<unknown>({
			method: 'post',
			url: `${trigger.basePath}${action}`,
			data: Buffer.from(`${mark}${JSON.stringify(body)}`),
			headers: { ...KEY, 'Content-Type': type ?? false },
			validateStatus: () => true,
			proxy: false,
		});
		expect([status, data]).toEqual([200, { received: true }]);
		const { conversations, texts } = await outputOf(trigger, 1);
		expect([conversations, texts]).toEqual([[body.conversation_id], ['Grüße & Dank']]);
	});

	it("in a charset that is unknown to Node.js is n8n's own 422, a failed call for Talkdesk", async () => {
		const trigger = await inbound.createTrigger('apiKey');
		const headers = { ...KEY, 'Content-Type': 'application/json; charset=iso-8859-1' };
		const { status } = await post(`${trigger.basePath}/message_created`, newMessage(), headers);
		expect(status).toBe(422);
	});

	it('a list of events is one execution with an item for each, without duplicates', async () => {
		const trigger = await inbound.createTrigger('apiKey');
		const url = `${trigger.basePath}/events`;
		const [one, two, three] = [newMessage(), newMessage(), newMessage()];
		const ids = [one, two, three].map((message) => message.conversation_id);
		expect((await post(url, [one, two], KEY)).data).toEqual({ received: true });
		expect((await post(url, [two, three, three], KEY)).data).toEqual({ received: true });
		const again = await post(url, [three, one], KEY);
		expect(again.data).toEqual({ received: true, ignored: expect.any(String) });
		const { count, conversations } = await outputOf(trigger, 2);
		expect([count, conversations.sort()]).toEqual([2, ids.sort()]);
	});

	it('a message without text and files is accepted, and its shape is logged', async () => {
		const trigger = await inbound.createTrigger('apiKey');
		const body = { ...newMessage(), payload: { utterance: 'my secret' } };
		await post(`${trigger.basePath}/message_created`, body, KEY);
		expect((await outputOf(trigger, 1)).conversations).toEqual([body.conversation_id]);
		await untilLogged('payload: { utterance: text of 9 }');
		expect(inbound.n8n.log()).not.toContain('my secret');
	});

	it('a token is issued for any content type of the request', async () => {
		const { fields, basePath } = await inbound.createTrigger('oAuth2');
		const grant = new URLSearchParams({
			grant_type: 'client_credentials',
			client_id: fields.webhookClientId ?? '',
			client_secret: fields.webhookClientSecret ?? '',
		}).toString();
		for (const type of [false, 'text/plain', 'application/octet-stream']) {
			const { status } = await axios.request({
				method: 'post',
				url: `${basePath}/oauth/token`,
				data: Buffer.from(grant),
				headers: { 'Content-Type': type },
				validateStatus: () => true,
				proxy: false,
			});
			expect(status).toBe(200);
		}
	});
});
