import type { Fault } from '../simulator/faults.mts';
import {
	contents,
	END,
	failFirst,
	run,
	SEND,
	SEND_ROUTE,
	START,
	startConversation,
	talkdesk,
	transcriptTo,
	TWO_PARTS,
} from './fixtures.mts';
import { textFile, uploadFile } from './sample-files.mts';

const send = async (conversationId: string, options = {}) =>
	await run({ ...SEND, options }, { items: [{ conversationId, text: 'Hello' }] });

describe('a request with a transient failure', () => {
	it.each<[string, Fault]>([
		['too many requests', { kind: 'rateLimited' }],
		['too many requests, with Retry-After', { kind: 'rateLimited', retryAfterSeconds: 1 }],
		['a bad gateway', { kind: 'unavailable', status: 502, when: 'before' }],
		['an unavailable service', { kind: 'unavailable', status: 503, when: 'before' }],
		['a gateway time-out after the request', { kind: 'unavailable', status: 504, when: 'after' }],
		['a broken connection', { kind: 'cut', when: 'before' }],
		['a lost response', { kind: 'cut', when: 'after' }],
		['an invalid token', { kind: 'tokenDies' }],
	])('is retried, and takes effect once: %s', async (_name, fault) => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, fault);
		const { items, error } = await send(conversationId);
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({ conversationId, messageId: expect.any(String) });
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('is retried after a time-out', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, { kind: 'hang', when: 'after' });
		const { error } = await send(conversationId, { timeout: 300 });
		expect(error).toBeUndefined();
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('starts one conversation', async () => {
		failFirst('POST /api/digital-connect', { kind: 'cut', when: 'after' });
		await startConversation();
		expect(talkdesk.conversations()).toHaveLength(1);
	});

	it('ends a conversation, and does not report it as ended before', async () => {
		const conversationId = await startConversation();
		failFirst('DELETE /', { kind: 'unavailable', status: 502, when: 'after' });
		const { items } = await run(END, { items: [{ conversationId }] });
		expect(items[0]?.json).toEqual({ conversationId, ended: true, alreadyEnded: false });
	});

	it('reports a conversation as ended before if the first attempt was rejected', async () => {
		const conversationId = await startConversation();
		await talkdesk.agent.end(conversationId);
		failFirst('DELETE /', { kind: 'rateLimited' });
		const { items } = await run(END, { items: [{ conversationId }] });
		expect(items[0]?.json).toEqual({ conversationId, ended: true, alreadyEnded: true });
	});

	it('deletes an attachment', async () => {
		const attachmentId = await uploadFile(textFile('a.txt'));
		failFirst('DELETE /', { kind: 'cut', when: 'after' });
		const { items: deleted, error } = await run({
			...{ resource: 'attachment', operation: 'delete', options: {} },
			attachmentId,
		});
		expect(error).toBeUndefined();
		expect(deleted[0]?.json).toEqual({ deleted: true });
	});

	it('survives two invalid tokens in a row', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, { kind: 'tokenDies' }, { kind: 'tokenDies' });
		expect((await send(conversationId)).error).toBeUndefined();
		expect(contents(conversationId)).toEqual(['Hello']);
	});

	it('gets its token although the token URL fails at first', async () => {
		failFirst('POST /id/', { kind: 'unavailable', status: 503, when: 'before' });
		await startConversation();
		expect(talkdesk.counts().tokensIssued).toBe(1);
	});
});

describe('a request that keeps failing', () => {
	const always = (fault: Fault) =>
		talkdesk.configure({ faults: ({ route }) => (route === SEND_ROUTE ? fault : undefined) });
	const attempts = () => talkdesk.counts().routes[SEND_ROUTE];

	it('is retried as often as the options say, and the error gives the number', async () => {
		const conversationId = await startConversation();
		always({ kind: 'rateLimited', retryAfterSeconds: 1 });
		const { error } = await send(conversationId, { maxRetries: 1 });
		expect(attempts()).toBe(2);
		expect(error?.message).toContain('Too many requests');
		expect(error?.description).toContain('It was tried 2 times.');
		expect(error).toMatchObject({ failure: { cause: 'rate-limited', retryAfterMs: 1000 } });
	});

	it('is retried for as long as the options say', async () => {
		const conversationId = await startConversation();
		always({ kind: 'unavailable', status: 503, when: 'before' });
		await send(conversationId, { maxRetryTime: 0 });
		expect(attempts()).toBe(1);
	});

	it('does not wait beyond the maximum retry time', async () => {
		const conversationId = await startConversation();
		always({ kind: 'rateLimited', retryAfterSeconds: 3600 });
		const { error } = await send(conversationId);
		expect(attempts()).toBe(1);
		expect(error).toMatchObject({ failure: { retryAfterMs: 3_600_000 } });
	});

	it('and hangs ends with a clear error', async () => {
		const conversationId = await startConversation();
		always({ kind: 'hang', when: 'before' });
		const { error } = await send(conversationId, { timeout: 200, maxRetries: 0 });
		expect(error?.message).toBe('Talkdesk could not send the message: there was no answer');
		expect(error?.description).toContain('The request may have succeeded');
	});

	it('has the details in its item with Continue On Fail', async () => {
		const conversationId = await startConversation();
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
		['the last attempt', [{ kind: 'cut', when: 'before' }]],
		['an earlier attempt', [{ kind: 'cut', when: 'after' }, { kind: 'rateLimited' }]],
	])('is of unknown outcome if %s may have succeeded', async (_name, faults) => {
		const conversationId = await startConversation();
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

	it.each([400, 403, 404, 409])(
		'is not retried after a %i for an ended conversation',
		async (endedStatus) => {
			const conversationId = await startConversation();
			await talkdesk.agent.end(conversationId);
			talkdesk.configure({ endedStatus });
			await send(conversationId);
			expect(attempts()).toBe(1);
		},
	);
});

describe('a message whose outcome is unknown', () => {
	it('is sent twice if Talkdesk ignores the key and the option says to repeat', async () => {
		const conversationId = await startConversation();
		talkdesk.configure({ honorMessageKeys: false });
		failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
		await send(conversationId);
		expect(contents(conversationId)).toEqual(['Hello', 'Hello']);
	});

	it.each<[string, Fault]>([
		['lost response', { kind: 'cut', when: 'after' }],
		['bad gateway', { kind: 'unavailable', status: 502, when: 'after' }],
		['gateway time-out', { kind: 'unavailable', status: 504, when: 'after' }],
		['no response in time', { kind: 'hang', when: 'after' }],
	])('is reported and not repeated if the option says so: %s', async (_name, fault) => {
		const conversationId = await startConversation();
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
		'is not that after %j, which is retried with Report, too',
		async (fault) => {
			const conversationId = await startConversation();
			failFirst(SEND_ROUTE, fault);
			const { items } = await send(conversationId, { ifOutcomeUnknown: 'report' });
			expect(items[0]?.json.messageId).toEqual(expect.any(String));
		},
	);

	it('is not that if Talkdesk rejects it, which is an error with Report, too', async () => {
		const { error } = await send('nowhere', { ifOutcomeUnknown: 'report' });
		expect(error).toMatchObject({ httpCode: '404' });
	});

	it('is reported for a whole transcript', async () => {
		const conversationId = await startConversation();
		failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
		const { items } = await run(
			transcriptTo(conversationId, TWO_PARTS.transcript, {
				...TWO_PARTS.options,
				ifOutcomeUnknown: 'report',
			}),
		);
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
