import type { TalkdeskClient } from '../../nodes/Talkdesk/api/client';
import { sendMessage } from '../../nodes/Talkdesk/api/digitalConnect';

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
