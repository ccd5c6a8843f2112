import type { IBinaryData, IDataObject, IWebhookFunctions } from 'n8n-workflow';

import { resumeWebhook } from '../../../nodes/Talkdesk/waiting/resumeWebhook';
import { timeoutItem } from '../../../nodes/Talkdesk/waiting/wait';
import { PROCESS_ID } from '../../../nodes/Talkdesk/waiting/eventOrder';

const NOW = Date.parse('2026-01-02T12:00:00.000Z');
beforeEach(() => jest.useFakeTimers({ now: NOW }));
afterEach(() => jest.useRealTimers());

const WAIT = { conversationId: 'c1', sessionId: 's1', eventIds: [], opensAt: 0 };

let workflows = 0;
/** An execution that waits for the conversation c1, with what it knows. */
function execution({
	eventIds = [],
	opensAt = 0,
	agentText,
	sentMessage,
	options = {},
	input,
	prepareBinaryData,
}: {
	eventIds?: string[];
	opensAt?: number;
	agentText?: string;
	sentMessage?: IDataObject;
	options?: IDataObject;
	input?: unknown;
	prepareBinaryData?: (content: Buffer, name: string, type: string) => Promise<IBinaryData>;
} = {}) {
	const id = `workflow ${++workflows}`;
	const wait = {
		conversationId: 'c1',
		sessionId: 's1',
		eventIds,
		opensAt,
		...(agentText && { agentText }),
		...(sentMessage && { sentMessage }),
	};
	const { json } = timeoutItem(wait, NOW);
	const store = async (content: Buffer, fileName: string, mimeType: string) =>
		await Promise.resolve({ data: content.toString('base64'), fileName, mimeType });
	/** Calls the webhook. @returns what it answers, and the items with which the execution goes on; undefined if it waits on */
	const call = async (body: unknown) => {
		const answer: { status?: number; body?: unknown } = {};
		const response = {
			status(status: number) {
				answer.status = status;
				return response;
			},
			json: (sent: unknown) => void (answer.body = sent),
		};
		const functions: IWebhookFunctions = Object.create({
			getBodyData: () => body,
			evaluateExpression: () => input ?? json,
			getNodeParameter: (name: string) =>
				name === 'options.showInChat' ? options.showInChat : undefined,
			getRequestObject: () => ({ path: '/webhook-waiting/7/talkdesk' }),
			getResponseObject: () => response,
			getWorkflow: () => ({ id }),
			helpers: { prepareBinaryData: prepareBinaryData ?? store },
		});
		const { webhookResponse, workflowData, noWebhookResponse } =
			await resumeWebhook.call(functions);
		// n8n answers itself if the execution goes on.
		expect(noWebhookResponse === true).toBe(workflowData === undefined);
		return workflowData
			? { status: 200, body: webhookResponse, items: workflowData[0] }
			: { ...answer, items: undefined };
	};
	return { call };
}

let orders = 0;
const arriving = (event: IDataObject = {}, more: IDataObject = {}) => ({
	event: { event: 'message_created', conversationId: 'c1', eventId: 'e1', text: 'Yes', ...event },
	order: ++orders,
	sender: PROCESS_ID,
	interval: 250,
	...more,
});
const file = (text: string, name = 'bill.txt') => ({
	name,
	type: 'text/plain',
	base64: Buffer.from(text).toString('base64'),
});

it('an event wakes the execution, which goes on with it', async () => {
	const call = arriving();
	expect(await execution().call(call)).toEqual({
		status: 200,
		body: { accepted: true },
		items: [{ json: call.event }],
	});
});

it('the message with which the wait began comes out as well', async () => {
	const sentMessage = { attachments: [{ name: 'a.txt', outcome: 'failed' }] };
	const call = arriving();
	const { items } = await execution({ sentMessage }).call(call);
	expect(items).toEqual([{ json: { ...call.event, sentMessage } }]);
});

it('that of the execution that it has replaced does not', async () => {
	const { items } = await execution().call(arriving({ sentMessage: { attachments: [] } }));
	expect(items?.[0]?.json).not.toHaveProperty('sentMessage');
});

it.each([
	['no event', {}],
	['an event that is no object', { event: 'x', order: 1, sender: 'p', interval: 250 }],
	['an event without its place in the order', { event: { conversationId: 'c1' } }],
	['nothing', undefined],
])('a call with %s is refused, and the execution waits on', async (_what, body) => {
	expect(await execution().call(body)).toEqual({
		status: 400,
		body: { accepted: false },
		items: undefined,
	});
});

it('a call that comes just as another one wakes the execution is to come again', async () => {
	// n8n shows it the event of the other one in place of the wait.
	const input = { event: 'message_created', conversationId: 'c1', text: 'Another' };
	expect(await execution({ input }).call(arriving())).toEqual({
		status: 409,
		body: { accepted: false, retryAfter: 250 },
		items: undefined,
	});
});

it('an execution whose place is taken ends, and gives back the text that nobody has read', async () => {
	const given = async (opensAt: number, agentText?: string) =>
		await execution({ opensAt, agentText }).call({ replaced: true });
	expect(await given(NOW + 1, 'Hello')).toEqual({
		status: 200,
		body: { accepted: true, unshownText: 'Hello' },
		items: [],
	});
	expect(await given(NOW, 'Hello')).toMatchObject({ body: { accepted: true }, items: [] });
	expect((await given(NOW, 'Hello')).body).not.toHaveProperty('unshownText');
	expect((await given(NOW + 1)).body).toEqual({ accepted: true });
});

it.each([{ conversationId: 'c2' }, { conversationId: 'C1' }, { conversationId: undefined }])(
	'an event of another conversation is not accepted: %j',
	async (event) => {
		expect(await execution().call(arriving(event))).toEqual({
			status: 200,
			body: { accepted: false },
			items: undefined,
		});
	},
);

describe('an event that was given before', () => {
	it('is accepted, and wakes nothing', async () => {
		const { call } = execution({ eventIds: ['e0', 'e1'] });
		expect(await call(arriving())).toEqual({
			status: 200,
			body: { accepted: true },
			items: undefined,
		});
	});

	it('is told by its ID alone', async () => {
		const { call } = execution({ eventIds: ['e1'] });
		expect((await call(arriving({ eventId: 'e2' }))).items).toHaveLength(1);
	});

	it('is not any event without an ID', async () => {
		const { call } = execution({ eventIds: ['e1'] });
		expect((await call(arriving({ eventId: undefined }))).items).toHaveLength(1);
	});
});

describe('an automated message', () => {
	const automated = arriving({ author: { kind: 'automated' } });

	it.each([{}, { showInChat: false }])('is no reply: options %j', async (options) => {
		expect(await execution({ options }).call(automated)).toEqual({
			status: 200,
			body: { accepted: false },
			items: undefined,
		});
	});

	it("is one in n8n's chat, in which the customer is to read it", async () => {
		const { items, body } = await execution({ options: { showInChat: true } }).call(automated);
		expect(items).toEqual([{ json: automated.event }]);
		expect(body).toEqual({ accepted: true, isInChat: true });
	});

	it.each(['agent', 'unknown', undefined])('of the author %j is none', async (kind) => {
		expect((await execution().call(arriving({ author: { kind } }))).items).toHaveLength(1);
	});
});

describe('an event that comes too early', () => {
	it('while the chat shows the last text is to come again', async () => {
		const { call } = execution({ opensAt: NOW + 3_000 });
		const event = arriving();
		expect(await call(event)).toEqual({
			status: 409,
			body: { accepted: false, retryAfter: 3_000 },
			items: undefined,
		});
		jest.setSystemTime(NOW + 3_000);
		expect((await call(event)).items).toHaveLength(1);
	});

	it('just after another one, while n8n wakes the execution, is to come again', async () => {
		const { call } = execution();
		await call(arriving());
		const next = arriving({ eventId: 'e2' });
		expect(await call(next)).toMatchObject({ status: 409, body: { accepted: false } });
		jest.setSystemTime(NOW + 1_000);
		expect((await call(next)).items).toHaveLength(1);
	});
});

it('an execution that another one replaces goes on with no item, so that it ends', async () => {
	expect(await execution().call({ replaced: true })).toEqual({
		status: 200,
		body: { accepted: true },
		items: [],
	});
});

it('the time is over: what n8n would put out comes out', async () => {
	const limit = new Date(NOW).toISOString();
	const { status, body, items } = await execution().call({ limit });
	expect({ status, body }).toEqual({ status: 200, body: { accepted: true } });
	expect(items).toEqual([timeoutItem(WAIT, NOW)]);
});

it.each<[string, object, string]>([
	['another limit than its own', {}, new Date(NOW + 1).toISOString()],
	['no time', {}, ''],
	['a limit while n8n wakes it', { input: { event: 'message_created' } }, ''],
])('%s does not end the wait', async (_what, given, limit) => {
	const { status, items } = await execution(given).call({ limit });
	expect({ status, items }).toEqual({ status: 409, items: undefined });
});

describe('files', () => {
	const attachments = [
		{ name: 'bill.txt', field: 'attachment_0' },
		{ name: 'photo.png', field: 'attachment_1' },
		{ name: 'late.pdf', error: 'The file could not be downloaded' },
	];
	const files = { attachment_0: file('The bill'), attachment_1: file('Photo', 'photo.png') };

	it('are stored with the execution', async () => {
		const { items } = await execution().call(arriving({ attachments }, { files }));
		expect(items).toMatchObject([
			{
				json: { attachments },
				binary: {
					attachment_0: { fileName: 'bill.txt', mimeType: 'text/plain', data: 'VGhlIGJpbGw=' },
					attachment_1: { fileName: 'photo.png' },
				},
			},
		]);
	});

	it('that cannot be stored cost themselves, not the event', async () => {
		const { call } = execution({
			prepareBinaryData: async (content, fileName, mimeType) => {
				if (fileName === 'bill.txt') throw new Error('no space left on device');
				return await Promise.resolve({ data: content.toString('base64'), fileName, mimeType });
			},
		});
		const { body, items } = await call(arriving({ attachments }, { files }));
		expect(body).toEqual({ accepted: true });
		expect(items?.[0]?.json).toMatchObject({ text: 'Yes' });
		expect(items?.[0]?.json.attachments).toEqual([
			{ name: 'bill.txt', error: 'The file could not be stored: no space left on device' },
			...attachments.slice(1),
		]);
		expect(Object.keys(items?.[0]?.binary ?? {})).toEqual(['attachment_1']);
	});

	it('of which none can be stored leave an item without files', async () => {
		const prepareBinaryData = async () => await Promise.reject(new Error('no space left'));
		const { call } = execution({ prepareBinaryData });
		const { items } = await call(arriving({ attachments }, { files }));
		expect(items).toHaveLength(1);
		expect(items?.[0]).not.toHaveProperty('binary');
	});
});
