import { DEFAULT_LIMITS, type TalkdeskClient } from '../../nodes/Talkdesk/api/client';
import { sendMessage, startConversation } from '../../nodes/Talkdesk/api/digitalConnect';
import { TalkdeskApiError } from '../../nodes/Talkdesk/api/errors';

const clientThatAnswers = (status: number, body: unknown): TalkdeskClient => ({
	settings: {
		tokenUrl: 'https://acme.talkdeskid.com/oauth/token',
		apiBaseUrl: 'https://api.talkdeskapp.com',
		clientId: 'id',
		clientSecret: 'secret',
		touchpointId: '',
		accessToken: '',
	},
	request: async ({ answer }) => ({ status, answer: answer.parse(body) }),
	limits: DEFAULT_LIMITS,
	with: () => clientThatAnswers(status, body),
});
const send = async (status: number, body: unknown) =>
	await sendMessage(
		clientThatAnswers(status, body),
		{ conversationId: 'c1', content: 'Hi' },
		{ idempotencyKey: 'key' },
	);
const answer = { id: 'c1', message_id: 'm1', created_at: '2026-01-01T00:00:00.000Z' };

it('a message that arrived whole has no reason of failure', async () => {
	expect(await send(201, { ...answer, something: 'new' })).toEqual({
		messageId: 'm1',
		createdAt: '2026-01-01T00:00:00.000Z',
	});
});

it.each([
	['a file is too large', 'a file is too large'],
	[{ file: 'x' }, '{"file":"x"}'],
	[undefined, 'Talkdesk gave no reason'],
])('a message that arrived in part (206) says why: %j', async (partial_fail_reason, expected) => {
	expect(await send(206, { ...answer, partial_fail_reason })).toMatchObject({
		messageId: 'm1',
		partialFailReason: expected,
	});
});

describe('a start that is refused', () => {
	const startWith = async (field: string) => {
		const requests: unknown[] = [];
		const node = {
			id: '1',
			name: 'Talkdesk',
			type: 'talkdesk',
			typeVersion: 1,
			position: [0, 0] as [number, number],
			parameters: {},
		};
		const client: TalkdeskClient = {
			...clientThatAnswers(201, {}),
			request: async ({ body }) => {
				requests.push(JSON.stringify(body?.previous_messages));
				throw new TalkdeskApiError(node, 'start', {
					kind: 'badRequest',
					message: 'Invalid request',
					fields: [{ name: field }],
				});
			},
		};
		const conversation = {
			touchpointId: 't',
			contactEmail: 'a@example.com',
			previousMessages: [{ type: 'user' as const, content: 'Hi', created_at: '' }],
		};
		await expect(
			startConversation(client, conversation, { idempotencyKey: 'key' }),
		).rejects.toThrow('Invalid request');
		return requests;
	};

	it('is tried once more in the other spelling where the transcript is the reason', async () => {
		const requests = await startWith('previous_messages[0].type');
		expect(requests).toEqual([
			expect.stringContaining('"user"'),
			expect.stringContaining('"USER"'),
		]);
	});

	it('is not tried again for any other reason', async () => {
		expect(await startWith('contact_person.email')).toHaveLength(1);
	});
});
