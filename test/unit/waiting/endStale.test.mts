import type { IExecuteFunctions } from 'n8n-workflow';

import { callResumeUrl } from '../../../nodes/Talkdesk/waiting/callResumeUrl';
import { endIfStale } from '../../../nodes/Talkdesk/waiting/endStale';
import { NODE } from '../../support/node.mts';

let newest: string[];
let isNoted = true;
let isEnded = false;
jest.mock('../../../nodes/Talkdesk/sessions/waits', () => ({
	waitsOf: () => ({
		isLastHere: () => false,
		find: async () =>
			isNoted ? { resumeUrl: newest.length > 1 ? newest.shift() : newest[0] } : undefined,
		endOf: async () => (isEnded ? { sessionId: 's1' } : undefined),
	}),
}));
const end = jest.fn(async () => undefined);
jest.mock('../../../nodes/Talkdesk/sessions/dataTableSessions', () => ({
	sessionsOf: () => ({ end }),
}));
jest.mock('../../../nodes/Talkdesk/waiting/callResumeUrl', () => ({
	callResumeUrl: jest.fn(),
	resumeUrlOf: () => 'own',
	restartWebhook: () => ({}),
}));

const functions: IExecuteFunctions = Object.create({ getNode: () => NODE });
const unread = { json: { eventId: 'e1', text: 'Hello' } };

type Result = Awaited<ReturnType<typeof callResumeUrl>>;
/** Lets executions answer by their URL. @returns the URLs that were called with the event */
function answers(byUrl: Record<string, Result | Result[]>) {
	const offeredTo: string[] = [];
	jest.mocked(callResumeUrl).mockImplementation(async (_functions, url, body) => {
		if (!('replaced' in body)) offeredTo.push(url);
		const result = byUrl[url] ?? 'gone';
		return Array.isArray(result) ? (result.shift() ?? 'gone') : result;
	});
	return offeredTo;
}
const TAKEN = { accepted: true };

it('what was not shown goes to the execution that has taken its place', async () => {
	newest = ['newer'];
	const offeredTo = answers({ own: TAKEN, newer: TAKEN });
	await endIfStale(functions, 'c1', unread);
	expect(offeredTo).toEqual(['newer']);
});

it('it goes to the newest, if that one has been replaced too', async () => {
	newest = ['newer', 'newest'];
	const offeredTo = answers({ own: TAKEN, newest: TAKEN });
	await endIfStale(functions, 'c1', unread);
	expect(offeredTo).toEqual(['newer', 'newest']);
});

it.each(['busy', 'refused', 'failed', 'unknown', 'unreachable'] as const)(
	'so it does if this execution can be ended at the second try: %s',
	async (result) => {
		newest = ['newer'];
		const offeredTo = answers({ own: [result, TAKEN], newer: TAKEN });
		await endIfStale(functions, 'c1', unread);
		expect(offeredTo).toEqual(['newer']);
	},
);

it('it is no secret that this execution could not be ended', async () => {
	newest = ['newer'];
	answers({ own: 'failed' });
	await expect(endIfStale(functions, 'c1', unread)).rejects.toThrow(
		'Event e1 of conversation c1 reached no execution (busy)',
	);
}, 10_000);

it('it is no secret that it reached none', async () => {
	newest = ['newer'];
	answers({ own: TAKEN });
	await expect(endIfStale(functions, 'c1', unread)).rejects.toThrow(
		'Event e1 of conversation c1 reached no execution (over)',
	);
});

it('nothing is offered if the other execution has ended this one, and has the text', async () => {
	newest = ['newer'];
	const offeredTo = answers({});
	await endIfStale(functions, 'c1', unread);
	expect(offeredTo).toEqual([]);
});

describe('a wait that is no longer noted', () => {
	beforeAll(() => {
		isNoted = false;
	});

	it('ends, if the conversation has ended', async () => {
		isEnded = true;
		const offeredTo = answers({ own: TAKEN });
		await endIfStale(functions, 'c1', undefined);
		expect(offeredTo).toEqual(['own']);
		const event = { event: 'conversation_ended', conversationId: 'c1', sessionId: 's1' };
		expect(jest.mocked(callResumeUrl).mock.lastCall?.[2]).toMatchObject({ event });
		expect(end).toHaveBeenCalledWith('c1', expect.any(String));
	});

	it('goes on, if it has not: its row may have been deleted', async () => {
		isEnded = false;
		jest.mocked(callResumeUrl).mockClear();
		await endIfStale(functions, 'c1', undefined);
		expect(callResumeUrl).not.toHaveBeenCalled();
	});
});
