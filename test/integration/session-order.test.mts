import { z } from 'zod';

import type * as park from '../../nodes/Talkdesk/waiting/park';
import { talkdesk } from './fixtures.mts';
import { BUSY, startResumeServer, TAKEN } from './resumeServer.mts';
import { uploadFile } from './sample-files.mts';
import { dataTables, says, trigger, ZOE } from './session-fixtures.mts';

/** Milliseconds after which the work of each execution begins at the latest. */
const mockDelays: number[] = [];
jest.mock('../../nodes/Talkdesk/waiting/park', () => {
	const actual = jest.requireActual<typeof park>('../../nodes/Talkdesk/waiting/park');
	return {
		...actual,
		outputOrPark: async (...given: Parameters<typeof actual.outputOrPark>) => {
			mockDelays.push(given[3]());
			return await actual.outputOrPark(...given);
		},
	};
});

const flushPromises = async () => await new Promise((resolve) => setImmediate(resolve));

let close = () => {};
afterEach(() => close());

it('an event lets the one before go first, whose execution n8n has begun later', async () => {
	const conversationId = 'conversation';
	const offered: string[] = [];
	// The execution takes "One" first.
	const server = await startResumeServer((calls) => {
		const { event } = z.object({ event: z.object({ text: z.string() }) }).parse(calls.at(-1));
		offered.push(event.text);
		return offered.includes('One')
			? { status: 200, body: { accepted: true } }
			: { status: 409, body: { accepted: false, retryAfter: 50 } };
	});
	close = server.close;
	const startedAt = new Date(Date.now() - 20_000).toISOString();
	const row = { id: 1, conversationId, sessionId: 's1', status: 'open', startedAt };
	Object.assign(dataTables, { tables: 1, rows: [{ ...row, resumeUrl: server.url }] });
	const event = async (text: string, callOrder: object) =>
		await trigger([{ ...says(conversationId, text, ZOE), callOrder }]);
	const second = event('Two', { order: 5001, after: 'e1' });
	while (offered.length === 0) await flushPromises();
	const runs = [second, event('Three', { order: 5002 }), event('One', { order: 5000 })];
	for (const { events, error } of await Promise.all(runs))
		expect({ events, error }).toEqual({ events: [] });
	expect(offered.filter((text, index) => text !== offered[index - 1])).toEqual([
		'Two',
		'One',
		'Two',
		'Three',
	]);
	// n8n puts an event out itself only after all before it have had their time.
	expect(mockDelays).toEqual([0, 240_000, 120_000]);
});

it('what is for no execution holds up nothing, and waits for nothing', async () => {
	let isBusy = true;
	const server = await startResumeServer(() => (isBusy ? BUSY : TAKEN));
	close = server.close;
	const startedAt = new Date(Date.now() - 20_000).toISOString();
	const row = { id: 1, conversationId: 'c4', sessionId: 's1', status: 'open', startedAt };
	Object.assign(dataTables, { tables: 1, rows: [{ ...row, resumeUrl: server.url }] });
	const offered = trigger([says('c4', 'One', ZOE)]);
	while (server.calls.length === 0) await flushPromises();
	const { events } = await trigger([says('c4', 'Mine', { type: 'CONTACT' })]);
	expect(events).toMatchObject([{ text: 'Mine' }]);
	isBusy = false;
	expect((await offered).events).toEqual([]);
});

it('not even while its files are downloaded', async () => {
	const server = await startResumeServer(TAKEN);
	close = server.close;
	const startedAt = new Date(Date.now() - 20_000).toISOString();
	const row = { id: 1, conversationId: 'c5', sessionId: 's1', status: 'open', startedAt };
	Object.assign(dataTables, { tables: 1, rows: [{ ...row, resumeUrl: server.url }] });
	const attachments = [{ id: await uploadFile() }];
	let downloads = 0;
	const begun = new Promise<void>((resolve) => {
		talkdesk.configure({
			faults: ({ route }) => {
				if (!route.endsWith('/:id/download-link') || downloads++ > 0) return undefined;
				resolve();
				return { kind: 'rateLimited', retryAfterSeconds: 2 };
			},
		});
	});
	const mine = trigger([{ ...says('c5', 'Mine', { type: 'CONTACT' }), attachments }], {
		parameters: { events: ['message_created'], options: { downloadAttachments: true } },
	});
	await begun;
	expect((await trigger([says('c5', 'One', ZOE)])).events).toEqual([]);
	// An execution that waits for its turn puts out nothing, either.
	expect(server.calls).toHaveLength(1);
	expect(downloads).toBe(1);
	expect((await mine).events).toMatchObject([
		{ text: 'Mine', attachments: [{ field: 'attachment_0' }] },
	]);
});

it('a duplicate holds up no other event of its call', async () => {
	const [first, second] = [says('c2', 'One', ZOE), says('c2', 'Two', ZOE)];
	await trigger([first]);
	const { events } = await trigger([first, second], { executionId: '71' });
	expect(events).toMatchObject([{ text: 'Two' }]);
});

it('nor does an event whose session could not be found', async () => {
	const row = { id: 1, conversationId: 'c3', sessionId: 's1', status: 'open' };
	Object.assign(dataTables, { tables: 1, rows: [row] });
	dataTables.failures = [new Error('database is locked')];
	const list = [says('c3', 'One', ZOE), says('c3', 'Two', ZOE)];
	const { events } = await trigger(list, { node: { onError: 'continueRegularOutput' } });
	expect(events).toMatchObject([
		{ text: 'One', sessionError: expect.stringContaining('database is locked') },
		{ text: 'Two', sessionId: 's1' },
	]);
});
