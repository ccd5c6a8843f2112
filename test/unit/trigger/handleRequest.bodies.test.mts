import { handleRequest } from '../../../nodes/Talkdesk/trigger/handleRequest';
import { handleSingle, nestedBody, REQUEST } from '../../support/webhookRequests.mts';

describe('several events in one call', () => {
	const one = (id: string, change: object = {}) => ({
		conversation_id: id,
		payload: { content: 'Hello' },
		...change,
	});
	const idsOf = (body: unknown, path = REQUEST.path) =>
		handleRequest({ ...REQUEST, body, path }).events?.map(({ conversationId }) => conversationId);

	it.each([
		{ payload: { conversation_id: 'c1', content: 'Hello' }, items: [] },
		{ payload: { conversation_id: 'c1', content: 'Hello' }, records: [{ id: 'r1' }] },
		{ payload: { conversation: { id: 'c1' }, content: 'Hello' }, messages: [{ id: 'm0' }] },
		{ conversation: { id: 'c1' }, payload: { content: 'Hello' }, events: ['seen'] },
	])('are not read from a list beside an event: %j', (body) => {
		const { event } = handleSingle({
			...REQUEST,
			body: { event_type: 'MESSAGE_CREATED', ...body },
		});
		expect(event).toMatchObject({ conversationId: 'c1', text: 'Hello' });
	});

	it.each([
		['a list of one', [one('c1')], ['c1']],
		['a list', [one('c1'), one('c2')], ['c1', 'c2']],
		['lists in a list', [[one('c1')], [one('c2')]], ['c1', 'c2']],
		['a list in an envelope', { events: [one('c1'), one('c2')] }, ['c1', 'c2']],
		['a relay that wraps the call', { headers: {}, body: one('c1') }, ['c1']],
		['an event in an envelope', { token: 'x', event: { type: 'message', ...one('c1') } }, ['c1']],
		['a list of such', [{ body: one('c1') }, { body: one('c2') }], ['c1', 'c2']],
		[
			'an envelope with the whole',
			{ data: { event_type: 'MESSAGE_CREATED', conversation_id: 'c1' } },
			['c1'],
		],
	])('%s', (_what, body, ids) => {
		expect(idsOf(body)).toEqual(ids);
	});

	it('keep the fields beside an object that is the payload', () => {
		const timestamp = '2026-01-02T03:04:05.000Z';
		const body = {
			event_type: 'MESSAGE_CREATED',
			timestamp,
			data: { conversation_id: 'c1', content: 'Hello' },
		};
		const nested = { ...body, data: one('c1') };
		expect(handleRequest({ ...REQUEST, body: nested }).events?.[0]).toMatchObject({
			timestamp,
			raw: nested,
		});
		const { events } = handleRequest({ ...REQUEST, path: '/webhook/some-id/events', body });
		expect(events).toEqual([
			expect.objectContaining({ event: 'message_created', timestamp, text: 'Hello', raw: body }),
		]);
	});

	it('have their own type each', () => {
		const body = [
			one('c1', { event_type: 'MESSAGE_CREATED' }),
			{ conversation_id: 'c1', event_type: 'CONVERSATION_ENDED' },
		];
		const { events } = handleRequest({ ...REQUEST, path: '/webhook/some-id/events', body });
		expect(events?.map(({ event }) => event)).toEqual(['message_created', 'conversation_ended']);
		expect(events?.map(({ raw }) => raw)).toEqual(body);
	});

	it('are accepted if they are known, with a warning for the others', () => {
		const { status, events, warning } = handleRequest({
			...REQUEST,
			body: [{ a: 'my secret' }, one('c1'), 7],
		});
		expect([status, events?.length]).toEqual([200, 1]);
		expect(warning).toContain('{ a: text of 9 }');
		expect(warning).toContain('The body must be a JSON object.');
	});

	it('cause one short warning for any number of unknown ones', () => {
		const { warning = '' } = handleRequest({ ...REQUEST, body: Array(1000).fill({ a: 1 }) });
		expect(warning).toContain('997 more of the same call');
		expect(warning.length).toBeLessThan(1000);
	});

	it.each([[[]], [[[]]], [[7, 'x', null]]])('are a 400 if there is none in %j', (body) => {
		expect(handleRequest({ ...REQUEST, body }).status).toBe(400);
	});
});

describe('a body that n8n has not parsed', () => {
	const json = JSON.stringify(REQUEST.body);
	const withType = (type: string | undefined, rawBody: Buffer, body: unknown = {}) =>
		handleSingle({
			...REQUEST,
			headers: { ...REQUEST.headers, 'content-type': type },
			rawBody,
			body,
		});

	it.each([
		...[undefined, '', 'application/vnd.talkdesk+json', 'application/hal+json', 'text/json'],
		...['application/octet-stream', 'text/plain', 'APPLICATION/JSON ; charset=utf-8', '*/*'],
		...['application/problem+json; charset=utf-8', 'application/json; charset=latin1'],
	])('is JSON under the content type %j', (type) => {
		expect(withType(type, Buffer.from(json)).event?.text).toBe('Hello');
	});

	it('is JSON if n8n has parsed it as a form or a text', () => {
		const form = 'application/x-www-form-urlencoded';
		expect(withType(form, Buffer.from(json), { [json]: '' }).event?.text).toBe('Hello');
		expect(withType('text/plain', Buffer.from(json), json).event?.text).toBe('Hello');
	});

	it('is decoded in UTF-8, with a byte order mark, and in Latin-1', () => {
		const umlaut = json.replace('Hello', 'Grüße');
		for (const bytes of [
			Buffer.from(umlaut),
			Buffer.from(`\ufeff${umlaut}`),
			Buffer.from(umlaut, 'latin1'),
			Buffer.from(` \r\n${umlaut}\n`),
		]) {
			expect(withType('text/plain', bytes).event?.text).toBe('Grüße');
		}
	});

	it('is a form if it is one', () => {
		const body = { conversation_id: 'c1', content: 'Hi' };
		const bytes = Buffer.from('conversation_id=c1&content=Hi');
		expect(withType('application/x-www-form-urlencoded', bytes, body).event?.text).toBe('Hi');
	});

	it.each(['my secret', '{"conversation_id":', '[1', 'null', '"text"', '7'])(
		'is a 400 if it is no JSON object: %j',
		(text) => {
			const { status, warning } = withType(undefined, Buffer.from(text));
			expect(status).toBe(400);
			expect(warning).not.toContain('secret');
		},
	);

	it('is used as n8n parsed it if n8n gives no bytes', () => {
		const headers = { ...REQUEST.headers, 'content-type': 'multipart/form-data' };
		for (const rawBody of [undefined, null, 'text', {}, Buffer.alloc(0)]) {
			expect(handleSingle({ ...REQUEST, headers, rawBody }).event?.text).toBe('Hello');
		}
	});

	it('is not parsed if it is too large, too deep, or not authenticated', () => {
		const deep = Buffer.from(JSON.stringify(nestedBody(33)));
		expect(withType(undefined, deep).status).toBe(400);
		expect(handleSingle({ ...REQUEST, bytes: 2_000_000, body: {}, rawBody: deep }).status).toBe(
			413,
		);
		const parse = jest.spyOn(JSON, 'parse');
		handleSingle({ ...REQUEST, headers: {}, body: {}, rawBody: deep });
		// n8n has already parsed a body of the type JSON.
		const headers = { ...REQUEST.headers, 'content-type': 'application/json; charset=UTF-8' };
		handleSingle({ ...REQUEST, headers, rawBody: deep });
		expect(parse).not.toHaveBeenCalled();
		parse.mockRestore();
	});
});
