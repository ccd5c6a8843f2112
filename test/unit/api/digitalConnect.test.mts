import { DEFAULT_REQUEST_OPTIONS, type TalkdeskClient } from '../../../nodes/Talkdesk/api/client';
import {
	sendMessage,
	startConversation,
	type PreviousMessage,
} from '../../../nodes/Talkdesk/api/digitalConnect';
import { TalkdeskApiError } from '../../../nodes/Talkdesk/api/errors';
import type { ProblemKind } from '../../../nodes/Talkdesk/api/problemKinds';
import { NODE } from '../../support/node.mts';

/** A client whose requests all get the same response. */
const stubClient = (status: number, body: unknown): TalkdeskClient => ({
	settings: {
		tokenUrl: 'https://acme.talkdeskid.com/oauth/token',
		apiBaseUrl: 'https://api.talkdeskapp.com',
		clientId: 'id',
		authentication: { type: 'secret', clientSecret: 'secret' },
		touchpointId: '',
		accessToken: '',
	},
	request: async ({ responseSchema }) => ({ status, data: responseSchema.parse(body) }),
	requestOptions: DEFAULT_REQUEST_OPTIONS,
	extend: () => stubClient(status, body),
	unexpectedResponse: (tried, { status: given, message }) =>
		new TalkdeskApiError(NODE, tried, {
			kind: 'unexpectedAnswer',
			status: given,
			message,
			fields: [],
		}),
});
const send = async (status: number, body: unknown) =>
	await sendMessage(
		stubClient(status, body),
		{ conversationId: 'c1', content: 'Hi' },
		{ idempotencyKey: 'key' },
	);
const answer = { id: 'c1', message_id: 'm1', created_at: '2026-01-01T00:00:00.000Z' };

it('gives no failure reason for a message that was stored completely', async () => {
	expect(await send(201, { ...answer, something: 'new' })).toEqual({
		messageId: 'm1',
		createdAt: '2026-01-01T00:00:00.000Z',
	});
});

it.each([
	['a file is too large', 'a file is too large'],
	[{ file: 'x' }, '{"file":"x"}'],
	[undefined, 'Talkdesk gave no reason'],
])('gives the reason of a partial failure (206): %j', async (partial_fail_reason, expected) => {
	expect(await send(206, { ...answer, partial_fail_reason })).toMatchObject({
		messageId: 'm1',
		partialFailReason: expected,
	});
});

describe('the body leaves out fields without a value', () => {
	/** The bodies of the requests. */
	const bodyOf = async (request: (client: TalkdeskClient) => Promise<unknown>) => {
		const bodies: unknown[] = [];
		const client = stubClient(201, answer);
		await request({
			...client,
			request: async (options) => {
				bodies.push(options.body);
				return await client.request(options);
			},
		});
		return bodies;
	};
	const whole = { touchpointId: 't1', contactEmail: 'ada@example.com' };
	const wholeBody = { touchpoint_id: 't1', contact_person: { email: 'ada@example.com' } };
	const file = { id: 'a1', name: 'a.png', type: 'image/png', size: 3 };

	it.each([
		[{}, {}],
		[{ subject: '', contextParameters: {}, previousMessages: [] }, {}],
		[{ subject: 'Help' }, { subject: 'Help' }],
		[{ contextParameters: { phone: '1' } }, { context_parameters: { phone: '1' } }],
	])('of a start with %j', async (given, expected) => {
		const start = async (client: TalkdeskClient) =>
			await startConversation(client, { ...whole, ...given }, { idempotencyKey: 'key' });
		expect(await bodyOf(start)).toStrictEqual([{ ...wholeBody, ...expected }]);
	});

	it.each([
		[{ content: 'Hi' }, { content: 'Hi' }],
		[{ content: 'Hi', attachments: [] }, { content: 'Hi' }],
		[{ content: '', attachments: [file] }, { attachments: [file] }],
	])('of a message with %j', async (given, expected) => {
		const send = async (client: TalkdeskClient) =>
			await sendMessage(client, { conversationId: 'c1', ...given }, { idempotencyKey: 'key' });
		expect(await bodyOf(send)).toStrictEqual([expected]);
	});
});

interface Rejection {
	kind?: ProblemKind;
	previousMessages?: PreviousMessage[];
	/** The spelling that Talkdesk accepted before. */
	known?: string;
}

describe('a start that Talkdesk rejects', () => {
	const other = stubClient(201, {});
	let apis = 0;
	const inLower = [{ type: 'user' as const, content: 'Hi', created_at: '' }];
	const startWith = async (
		field: string,
		{ kind = 'badRequest', previousMessages = inLower, known }: Rejection = {},
	) => {
		const requests: string[] = [];
		let accepted = known;
		const client: TalkdeskClient = {
			...other,
			// The accepted spelling is remembered for each API.
			settings: { ...other.settings, apiBaseUrl: `https://api-${++apis}.example.com` },
			request: async ({ body, responseSchema }) => {
				const types = JSON.stringify(body?.previous_messages) ?? '';
				requests.push(types);
				if (accepted && types.includes(accepted)) {
					return { status: 201, data: responseSchema.parse({ id: 'c1' }) };
				}
				throw new TalkdeskApiError(NODE, 'start', {
					kind,
					message: 'Invalid request',
					fields: [{ name: field }],
				});
			},
		};
		const start = async () =>
			await startConversation(
				client,
				{ touchpointId: 't', contactEmail: 'a@example.com', previousMessages },
				{ idempotencyKey: 'key' },
			);
		if (known) await start();
		accepted = undefined;
		requests.length = 0;
		await expect(start()).rejects.toThrow('Invalid request');
		return requests;
	};

	it('is retried in the other spelling if the transcript is the reason', async () => {
		const requests = await startWith('previous_messages[0].type');
		expect(requests).toEqual([
			expect.stringContaining('"user"'),
			expect.stringContaining('"USER"'),
		]);
	});

	it('is retried in the first spelling if the other one was accepted before', async () => {
		const requests = await startWith('previous_messages[0].type', { known: '"USER"' });
		expect(requests).toEqual([
			expect.stringContaining('"USER"'),
			expect.stringContaining('"user"'),
		]);
	});

	it.each<[string, string, Rejection]>([
		['another field is invalid', 'contact_person.email', {}],
		['it is another kind of problem', 'previous_messages', { kind: 'conflict' }],
		['there is no transcript', 'previous_messages', { previousMessages: [] }],
	])('is not retried if %s', async (_why, field, rejection) => {
		expect(await startWith(field, rejection)).toHaveLength(1);
	});
});
