import type { Fault } from '../simulator/faults.mts';
import { contentOf } from './runNode.mts';
import { failFirst, run, talkdesk } from './fixtures.mts';
import { bill, sha256, uploaded } from './sample-files.mts';

const upload = async (options = {}) =>
	await run(
		{ resource: 'attachment', operation: 'upload', inputDataFieldName: 'data', options },
		{ files: { data: bill } },
	);
const download = async (attachmentId: string, options = {}) =>
	await run({
		...{ resource: 'attachment', operation: 'download', outputDataFieldName: 'data' },
		...{ attachmentId, options },
	});

describe('an upload goes through although', () => {
	it.each<[string, string, Fault]>([
		['the link is late', 'POST /api/attachments/2023-03/upload-link', { kind: 'rateLimited' }],
		['the storage is away', 'PUT /', { kind: 'unavailable', status: 503, when: 'before' }],
		['the storage breaks off', 'PUT /', { kind: 'cut', when: 'before' }],
		['the answer of the storage is lost', 'PUT /', { kind: 'cut', when: 'after' }],
		['the attachment is refused for now', 'POST /api/attachments/2023-03', { kind: 'rateLimited' }],
	])('%s', async (_name, route, fault) => {
		failFirst(route, fault);
		const { items, error } = await upload();
		expect(error).toBeUndefined();
		expect(talkdesk.attachments()).toMatchObject([
			{ id: items[0]?.json.id, name: bill.name, sha256: sha256(bill.content) },
		]);
	});

	it('the answer that there is an attachment is lost: the next try has another name', async () => {
		talkdesk.configure({
			faults: ({ route, index }) =>
				/2023-03\/?$/.test(route) && route.startsWith('POST') && index === 0
					? { kind: 'cut', when: 'after' }
					: undefined,
		});
		const { items, error } = await upload();
		expect(error).toBeUndefined();
		expect(talkdesk.attachments()).toHaveLength(2);
		expect(items[0]?.json.id).toBe(talkdesk.attachments()[1]?.id);
	});
});

describe('a download goes through although', () => {
	it.each<[string, string, Fault]>([
		['the link is late', 'GET /api/', { kind: 'unavailable', status: 504, when: 'before' }],
		['the storage is away', 'GET /downloads', { kind: 'unavailable', status: 503, when: 'before' }],
		['the bytes break off', 'GET /downloads', { kind: 'cut', when: 'midway' }],
		['the bytes stop coming', 'GET /downloads', { kind: 'stall' }],
		['the storage does not answer', 'GET /downloads', { kind: 'hang', when: 'before' }],
	])('%s', async (_name, route, fault) => {
		const id = await uploaded();
		failFirst(route, fault);
		const { items, error } = await download(id, { timeout: 500 });
		expect(error).toBeUndefined();
		expect(sha256(await contentOf(items[0]?.binary?.data))).toBe(sha256(bill.content));
	});

	it('not if that goes on: the error says what happened', async () => {
		const id = await uploaded();
		talkdesk.configure({
			faults: ({ route }) =>
				route.startsWith('GET /downloads') ? { kind: 'cut', when: 'midway' } : undefined,
		});
		const { error } = await download(id, { maxRetries: 1 });
		expect(error?.message).toBe(
			'Talkdesk could not provide the file: the transfer of the file was interrupted',
		);
		expect(error).toMatchObject({ failure: { cause: 'temporarily-unavailable' } });
	});
});

it.each([
	[
		'an upload',
		'POST /api/attachments/2023-03/upload-link',
		async () => await upload({ maxRetries: 1 }),
	],
	[
		'a download',
		'GET /api/attachments/2023-03/:id/download-link',
		async () => await download(await uploaded(), { maxRetries: 1 }),
	],
])('the link of %s is not asked for more often than the options say', async (_what, link, act) => {
	talkdesk.configure({
		faults: ({ route }) => (route === link ? { kind: 'rateLimited' } : undefined),
	});
	const { error } = await act();
	expect(error?.message).toContain('Too many requests');
	expect(talkdesk.counts().routes[link]).toBe(2);
});
