import type { Fault } from '../simulator/faults.mts';
import { contentOf } from './runNode.mts';
import { failFirst, run, talkdesk } from './fixtures.mts';
import { bill, sha256, UPLOAD, uploadFile } from './sample-files.mts';

const upload = async (options = {}) => await run({ ...UPLOAD, options }, { files: { data: bill } });
const download = async (attachmentId: string, options = {}) =>
	await run({
		...{ resource: 'attachment', operation: 'download', outputDataFieldName: 'data' },
		...{ attachmentId, options },
	});

describe('an upload succeeds although', () => {
	it.each<[string, string, Fault]>([
		[
			'the link is rate-limited',
			'POST /api/attachments/2023-03/upload-link',
			{ kind: 'rateLimited' },
		],
		['the storage is unavailable', 'PUT /', { kind: 'unavailable', status: 503, when: 'before' }],
		['the storage closes the connection', 'PUT /', { kind: 'cut', when: 'before' }],
		['the response of the storage is lost', 'PUT /', { kind: 'cut', when: 'after' }],
		['the attachment is rate-limited', 'POST /api/attachments/2023-03', { kind: 'rateLimited' }],
	])('%s', async (_name, route, fault) => {
		failFirst(route, fault);
		const { items, error } = await upload();
		expect(error).toBeUndefined();
		expect(talkdesk.attachments()).toMatchObject([
			{ id: items[0]?.json.id, name: bill.name, sha256: sha256(bill.content) },
		]);
	});

	it('the response for the attachment is lost: the retry uses another name', async () => {
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

describe('a download succeeds although', () => {
	it.each<[string, string, Fault]>([
		['the link is unavailable', 'GET /api/', { kind: 'unavailable', status: 504, when: 'before' }],
		[
			'the storage is unavailable',
			'GET /downloads',
			{ kind: 'unavailable', status: 503, when: 'before' },
		],
		['the transfer is cut', 'GET /downloads', { kind: 'cut', when: 'midway' }],
		['the transfer stalls', 'GET /downloads', { kind: 'stall' }],
		['the storage does not answer', 'GET /downloads', { kind: 'hang', when: 'before' }],
	])('%s', async (_name, route, fault) => {
		const id = await uploadFile();
		failFirst(route, fault);
		const { items, error } = await download(id, { timeout: 500 });
		expect(error).toBeUndefined();
		expect(sha256(await contentOf(items[0]?.binary?.data))).toBe(sha256(bill.content));
	});

	it('not if the fault persists, which the error explains', async () => {
		const id = await uploadFile();
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
		async () => await download(await uploadFile(), { maxRetries: 1 }),
	],
])('the link of %s is requested no more often than the options say', async (_what, link, act) => {
	talkdesk.configure({
		faults: ({ route }) => (route === link ? { kind: 'rateLimited' } : undefined),
	});
	const { error } = await act();
	expect(error?.message).toContain('Too many requests');
	expect(talkdesk.counts().routes[link]).toBe(2);
});
