import type { Fault } from '../simulator/faults.mts';
import {
	contents,
	END,
	failFirst,
	run,
	SEND,
	SEND_ROUTE,
	START,
	started,
	talkdesk,
} from './fixtures.mts';

const send = async (conversationId: string, options = {}) =>
	await run({ ...SEND, options }, { items: [{ conversationId, text: 'Hello' }] });

describe('a request that fails in a way that passes', () => {
	it.each<[string, Fault]>([
		['too many requests', { kind: 'rateLimited' }],
		['too many requests, with a time', { kind: 'rateLimited', retryAfterSeconds: 1 }],
		['a bad gateway', { kind: 'unavailable', status: 502, when: 'before' }],
		['a service that is away', { kind: 'unavailable', status: 503, when: 'before' }],
		['a gateway that gave up, after the work', { kind: 'unavailable', status: 504, when: 'after' }],
		['a connection that broke', { kind: 'cut', when: 'before' }],
		['an answer that was lost', { kind: 'cut', when: 'after' }],
		['a token that died early', { kind: 'tokenDies' }],
	])('is sent again, and works once: %s', async (_name, fault) => {
		const conversationId = await started();
		failFirst(SEND_ROUTE, fault);
		const { items, error } = await send(conversationId);
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({ conversationId, messageId: expect.any(String) });
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('is sent again after a time-out', async () => {
		const conversationId = await started();
		failFirst(SEND_ROUTE, { kind: 'hang', when: 'after' });
		const { error } = await send(conversationId, { timeout: 300 });
		expect(error).toBeUndefined();
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('starts one conversation, not two', async () => {
		failFirst('POST /api/digital-connect', { kind: 'cut', when: 'after' });
		await started();
		expect(talkdesk.conversations()).toHaveLength(1);
	});

	it('ends a conversation that nobody had ended before', async () => {
		const conversationId = await started();
		failFirst('DELETE /', { kind: 'unavailable', status: 502, when: 'after' });
		const { items } = await run(END, { items: [{ conversationId }] });
		expect(items[0]?.json).toEqual({ conversationId, ended: true, alreadyEnded: false });
	});

	it('does not say that it ended what was over, where it could do nothing before', async () => {
		const conversationId = await started();
		await talkdesk.agent.end(conversationId);
		failFirst('DELETE /', { kind: 'rateLimited' });
		const { items } = await run(END, { items: [{ conversationId }] });
		expect(items[0]?.json).toEqual({ conversationId, ended: true, alreadyEnded: true });
	});

	it('deletes an attachment', async () => {
		const { items } = await run(
			{ resource: 'attachment', operation: 'upload', inputDataFieldName: 'data', options: {} },
			{ files: { data: { name: 'a.txt', type: 'text/plain', content: Buffer.from('a') } } },
		);
		failFirst('DELETE /', { kind: 'cut', when: 'after' });
		const { items: deleted, error } = await run({
			...{ resource: 'attachment', operation: 'delete', options: {} },
			attachmentId: String(items[0]?.json.id),
		});
		expect(error).toBeUndefined();
		expect(deleted[0]?.json).toEqual({ deleted: true });
	});

	it('survives two tokens that die one after the other', async () => {
		const conversationId = await started();
		failFirst(SEND_ROUTE, { kind: 'tokenDies' }, { kind: 'tokenDies' });
		expect((await send(conversationId)).error).toBeUndefined();
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('gets its token, though the token URL fails at first', async () => {
		failFirst('POST /id/', { kind: 'unavailable', status: 503, when: 'before' });
		await started();
		expect(talkdesk.counts().tokensIssued).toBe(1);
	});
});

describe('a request that fails again and again', () => {
	const always = (fault: Fault) =>
		talkdesk.configure({ faults: ({ route }) => (route === SEND_ROUTE ? fault : undefined) });
	const tries = () => talkdesk.counts().routes[SEND_ROUTE];

	it('is tried as often as the options say, and says so', async () => {
		const conversationId = await started();
		always({ kind: 'rateLimited', retryAfterSeconds: 1 });
		const { error } = await send(conversationId, { maxRetries: 1 });
		expect(tries()).toBe(2);
		expect(error?.message).toContain('Too many requests');
		expect(error?.description).toContain('It was tried 2 times.');
		expect(error).toMatchObject({ failure: { cause: 'rate-limited', retryAfterMs: 1000 } });
	});

	it('is tried only as long as the options say', async () => {
		const conversationId = await started();
		always({ kind: 'unavailable', status: 503, when: 'before' });
		await send(conversationId, { maxRetryTime: 0 });
		expect(tries()).toBe(1);
	});

	it('does not wait longer than it may', async () => {
		const conversationId = await started();
		always({ kind: 'rateLimited', retryAfterSeconds: 3600 });
		const { error } = await send(conversationId);
		expect(tries()).toBe(1);
		expect(error).toMatchObject({ failure: { retryAfterMs: 3_600_000 } });
	});

	it('that hangs ends in a clear error', async () => {
		const conversationId = await started();
		always({ kind: 'hang', when: 'before' });
		const { error } = await send(conversationId, { timeout: 200, maxRetries: 0 });
		expect(error?.message).toBe('Talkdesk could not send the message: there was no answer');
		expect(error?.description).toContain('It may have been done all the same');
	});

	it('with Continue On Fail says all that in its item', async () => {
		const conversationId = await started();
		always({ kind: 'rateLimited', retryAfterSeconds: 2 });
		const { items } = await run(
			{ ...SEND, options: { maxRetries: 0 } },
			{
				node: { onError: 'continueRegularOutput' },
				items: [{ conversationId, text: 'Hello' }],
			},
		);
		expect(items[0]?.json.details).toEqual({
			...{ kind: 'rateLimited', status: 429, code: 'local-429', fields: [] },
			retryAfterMs: 2000,
		});
	});

	it.each<[string, Fault[]]>([
		['the last try', [{ kind: 'cut', when: 'before' }]],
		['a try before', [{ kind: 'cut', when: 'after' }, { kind: 'rateLimited' }]],
	])('with Continue On Fail says that %s may have done it', async (_name, faults) => {
		const conversationId = await started();
		failFirst(SEND_ROUTE, ...faults);
		const { items } = await run(
			{ ...SEND, options: { maxRetries: faults.length - 1 } },
			{
				node: { onError: 'continueRegularOutput' },
				items: [{ conversationId, text: 'Hello' }],
			},
		);
		expect(items[0]?.json.details).toMatchObject({ outcomeUnknown: true });
	});

	it.each([400, 403, 404, 409])('with a %i is not tried again', async (endedStatus) => {
		const conversationId = await started();
		await talkdesk.agent.end(conversationId);
		talkdesk.configure({ endedStatus });
		await send(conversationId);
		expect(tries()).toBe(1);
	});
});

describe('a message whose outcome is unknown', () => {
	it('goes out twice where Talkdesk ignores the key and the option says to repeat', async () => {
		const conversationId = await started();
		talkdesk.configure({ honorMessageKeys: false });
		failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
		await send(conversationId);
		expect(contents(conversationId)).toEqual(['Hello', 'Hello']);
	});

	it.each<[string, Fault]>([
		['lost answer', { kind: 'cut', when: 'after' }],
		['bad gateway', { kind: 'unavailable', status: 502, when: 'after' }],
		['gateway time-out', { kind: 'unavailable', status: 504, when: 'after' }],
		['no answer in time', { kind: 'hang', when: 'after' }],
	])('is reported and not repeated where the option says so: %s', async (_name, fault) => {
		const conversationId = await started();
		talkdesk.configure({ honorMessageKeys: false });
		failFirst(SEND_ROUTE, fault);
		const { items, error } = await send(conversationId, {
			ifOutcomeUnknown: 'report',
			timeout: 500,
		});
		expect(error).toBeUndefined();
		expect(items[0]?.json).toEqual({
			...{ conversationId, outcomeUnknown: true, conversationEnded: false, attachments: [] },
		});
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it.each<Fault>([{ kind: 'rateLimited' }, { kind: 'tokenDies' }])(
		'is none where nothing was done: %j is repeated all the same',
		async (fault) => {
			const conversationId = await started();
			failFirst(SEND_ROUTE, fault);
			const { items } = await send(conversationId, { ifOutcomeUnknown: 'report' });
			expect(items[0]?.json.messageId).toEqual(expect.any(String));
		},
	);

	it('is none where Talkdesk refused it: that is an error all the same', async () => {
		const { error } = await send('nowhere', { ifOutcomeUnknown: 'report' });
		expect(error).toMatchObject({ httpCode: '404' });
	});

	it('in a transcript is reported for the whole', async () => {
		const conversationId = await started();
		failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
		const { items } = await run({
			...{ resource: 'message', operation: 'sendTranscript', conversationId, sendAs: 'message' },
			transcriptSource: 'json',
			transcript: JSON.stringify([
				{ role: 'user', content: 'a'.repeat(90) },
				{ role: 'assistant', content: 'b'.repeat(90) },
			]),
			options: { messageLength: 120, ifOutcomeUnknown: 'report' },
		});
		expect(items[0]?.json).toMatchObject({
			outcomeUnknown: true,
			messageIds: [expect.any(String)],
		});
		expect(contents(conversationId)).toHaveLength(2);
	});
});

it('a start that keeps failing is one conversation when n8n repeats the node', async () => {
	failFirst('POST /api/digital-connect', { kind: 'cut', when: 'after' });
	const failed = await run({ ...START, options: { maxRetries: 0 } });
	expect(failed.error).toBeDefined();
	const { items } = await run(START);
	expect(talkdesk.conversations().map(({ id }) => id)).toEqual([items[0]?.json.conversationId]);
});
