import { oddAnswers, oddAnswersOf, oddForms, type OddChoice } from '../odd-answers.mts';
import type { Answered } from '../simulator.mts';
import { setUpAttachments } from './testing-attachments.mts';
import { sendRoute, setFault } from './testing-faults.mts';
import { cleanUp, clientOf, setUp, talkdeskForTest, tokenRequest, type Reply } from './testing.mts';

afterEach(cleanUp);

const text = { content: 'Hello' };
const shapeOf = ({ status, data, headers }: Reply) => ({
	...{ status, data },
	type: headers['content-type'],
});

test('the option answers gets successful and failed responses, after the request was processed', async () => {
	const asked: Answered[] = [];
	const { talkdesk, client } = await setUp();
	talkdesk.configure({ answers: (answered) => void asked.push(answered) });
	const id = await client.startConversation();
	await client.send(id, {});
	await client.end(id);
	expect(asked).toMatchObject([
		{ method: 'POST', status: 201, body: { id } },
		{ route: sendRoute, status: 400, body: { code: 'local-400' } },
		{ method: 'DELETE', status: 204, body: undefined },
	]);
});

test('every part of a response can be replaced', async () => {
	const { talkdesk, client } = await setUp();
	const id = await client.startConversation();
	talkdesk.configure({ answers: () => ({ status: 299, type: 'text/x', body: 'broken {' }) });
	expect(shapeOf(await client.send(id, text))).toEqual({
		...{ status: 299, type: 'text/x', data: 'broken {' },
	});
	talkdesk.configure({ answers: () => ({ body: [1] }) });
	expect(shapeOf(await client.send(id, text))).toMatchObject({ status: 201, data: [1] });
	talkdesk.configure({ answers: () => ({ status: 202 }) });
	expect(shapeOf(await client.send(id, text))).toMatchObject({ status: 202, data: { id } });
	expect(talkdesk.conversation(id)?.messages).toHaveLength(3);
	expect(talkdesk.log.at(-1)).toMatchObject({ status: 202 });
});

describe('the response of Send', () => {
	const good = {
		id: expect.any(String),
		created_at: expect.any(String),
		message_id: expect.any(String),
	};
	const { id, created_at, message_id } = good;

	test.each<[NonNullable<OddChoice['send']>, object]>([
		['createdAtMissing', { status: 201, data: { id, message_id } }],
		['createdAtNull', { status: 201, data: { ...good, created_at: null } }],
		['createdAtNumber', { status: 201, data: { ...good, created_at: expect.any(Number) } }],
		['messageIdMissing', { status: 201, data: { id, created_at } }],
		['messageIdNull', { status: 201, data: { ...good, message_id: null } }],
		['messageIdNumber', { status: 201, data: { ...good, message_id: expect.any(Number) } }],
		['extraFields', { status: 201, data: expect.objectContaining({ ...good, tags: ['new'] }) }],
		['emptyBody', { status: 201, data: '', type: undefined }],
		['noContent', { status: 204, data: '', type: undefined }],
		['html', { status: 200, data: expect.stringMatching(/^<!doctype html>/), type: 'text/html' }],
	])('%s', async (send, shape) => {
		const { talkdesk, client } = await setUp();
		const conversation = await client.startConversation();
		talkdesk.configure({ answers: oddAnswers({ send }) });
		expect(shapeOf(await client.send(conversation, text))).toMatchObject(shape);
		expect(talkdesk.conversation(conversation)?.messages).toHaveLength(1);
		// An error is not changed.
		expect((await client.send(conversation, {})).status).toBe(400);
	});
});

test('the response of Start', async () => {
	const { talkdesk, client } = await setUp();
	const answer = async (start: NonNullable<OddChoice['start']>) => {
		talkdesk.configure({ answers: oddAnswers({ start }) });
		return shapeOf(await client.start());
	};
	expect(await answer('emptyBody')).toMatchObject({ status: 201, data: '' });
	expect(await answer('noContent')).toMatchObject({ status: 204, data: '' });
	expect(await answer('html')).toMatchObject({ status: 200, type: 'text/html' });
	expect(await answer('extraFields')).toMatchObject({ status: 201, data: { links: {} } });
	expect(talkdesk.counts().conversationsStarted).toBe(4);
});

describe('the response of the token endpoint', () => {
	const access_token = expect.any(String);

	test.each<[NonNullable<OddChoice['token']>, object]>([
		['errorBody', { error: 'invalid_client', error_description: expect.any(String) }],
		['scopeMissing', { access_token, token_type: 'Bearer', expires_in: 600 }],
		[
			'scopeList',
			expect.objectContaining({ scope: expect.arrayContaining(['digital-connect:write']) }),
		],
		['expiresInText', expect.objectContaining({ expires_in: '600' })],
		['expiresInMissing', { access_token, token_type: 'Bearer', scope: expect.any(String) }],
		['html', expect.stringMatching(/^<!doctype/)],
	])('%s', async (token, data) => {
		const talkdesk = await talkdeskForTest({ answers: oddAnswers({ token }) });
		const answer = await tokenRequest(talkdesk);
		expect({ status: answer.status, data: answer.data }).toEqual({ status: 200, data });
	});
});

describe('an attachment', () => {
	test.each<[NonNullable<OddChoice['attachment']>, object]>([
		['typeNull', { type: null }],
		['stateNull', { state: null }],
		['sizeNull', { size: null }],
		['sizeText', { size: '5' }],
	])('%s, alone and in a list', async (attachment, odd) => {
		const { talkdesk, files } = await setUpAttachments();
		const { id } = await files.attachment('a');
		talkdesk.configure({ answers: oddAnswers({ attachment }) });
		expect((await files.get(id)).data).toMatchObject({ id, ...odd });
		const request_id = await files.uploadBytes();
		expect((await files.create({ request_id })).data).toMatchObject(odd);
		const { data } = await files.list();
		expect(data).toMatchObject({ total: 2, _embedded: { list: [{ id, ...odd }, odd] } });
	});

	test('sizeMissing', async () => {
		const { talkdesk, files } = await setUpAttachments();
		const { id } = await files.attachment('a');
		talkdesk.configure({ answers: oddAnswers({ attachment: 'sizeMissing' }) });
		expect((await files.get(id)).data).not.toHaveProperty('size');
	});

	test.each<[NonNullable<OddChoice['list']>, string[]]>([
		['linksOnly', ['_embedded', '_links']],
		['totalOnly', ['_embedded', 'page', 'per_page', 'total']],
		['nothingButTheList', ['_embedded']],
		['embeddedMissing', ['_links', 'page', 'per_page', 'total']],
	])('a list with %s', async (list, names) => {
		const { talkdesk, files } = await setUpAttachments();
		talkdesk.configure({ answers: oddAnswers({ list }) });
		expect(Object.keys(Object((await files.list()).data)).sort()).toEqual(names);
		await files.attachment('a');
		expect((await files.list()).data).toMatchObject({ _embedded: { list: [{ name: 'a' }] } });
	});

	test('links without a host', async () => {
		const { talkdesk, files } = await setUpAttachments();
		for (const name of ['a', 'b']) await files.attachment(name);
		const both = { list: 'linksRelative', attachment: 'typeNull' } as const;
		talkdesk.configure({ answers: oddAnswers(both) });
		const { data } = await files.list('?per_page=1');
		expect(data).toMatchObject({
			_links: { next: { href: expect.stringMatching(/^\/api\/attachments.*page=2/) } },
			_embedded: { list: [{ type: null }] },
		});
	});
});

test('an unknown odd response', () => {
	expect(() => oddAnswersOf([['send', 'nonsense']])).toThrow(TypeError);
	expect(() => oddAnswersOf([['nonsense', 'html']])).toThrow(TypeError);
	expect(Object.keys(oddForms)).toEqual(['start', 'send', 'token', 'attachment', 'list']);
});

describe('errors that echo the Authorization header', () => {
	test('everywhere, and nowhere else', async () => {
		const { talkdesk, client } = await setUp();
		const id = await client.startConversation();
		const isEchoed = ({ data }: Reply) =>
			/Authorization: (Bearer|Basic) \S+/.test(JSON.stringify(data));
		const answers = async () => {
			const rejected = await client.send(id, {});
			const wrong = await tokenRequest(talkdesk, undefined, { secret: 'wrong' });
			setFault(talkdesk, sendRoute, { kind: 'unavailable', status: 500, when: 'after' });
			const page = await client.send(id, text);
			talkdesk.configure({ faults: () => undefined });
			return [rejected, wrong, page].map(isEchoed);
		};
		expect(await answers()).toEqual([false, false, false]);
		talkdesk.configure({ echoAuthorization: true });
		expect(await answers()).toEqual([true, true, true]);
		expect(isEchoed(await client.send(id, text))).toBe(false);
		expect(isEchoed(await (await clientOf(talkdesk)).start())).toBe(false);
		expect(JSON.stringify(talkdesk.log)).not.toContain('Authorization');
	});
});
