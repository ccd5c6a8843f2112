import { createHash, randomBytes } from 'node:crypto';
import axios from 'axios';
import { z } from 'zod';

import { errorOf, itemsOf } from '../tools/n8n/workflows.mts';
import { startEnvironment, type Environment } from '../tools/demo/environment.mts';

let environment: Environment;

beforeAll(async () => {
	environment = await startEnvironment({ n8nEnv: { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' } });
}, 180_000);
afterAll(async () => await environment?.stop(), 30_000);

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const FILES = [
	['photo.png', 'image/png', '\x89PNG\r\n\x1a\n'],
	['photo.jpg', 'image/jpeg', '\xff\xd8\xff\xe0'],
	['bill.pdf', 'application/pdf', '%PDF-1.7\n'],
	['archive.zip', 'application/zip', 'PK\x03\x04'],
	['table.csv', 'text/csv', 'a,b\n'],
	['note.txt', 'text/plain', 'Hello'],
	['movie.mp4', 'video/mp4', '\0\0\0\x20ftypisom'],
	['sound.ogg', 'audio/ogg', 'OggS'],
	['data.json', 'application/json', '{}'],
	['Größe & mehr.txt', 'text/plain', 'x'],
].map(([name = '', type = '', head = '']) => ({
	name,
	type,
	content: Buffer.concat([Buffer.from(head, 'latin1'), randomBytes(50_000)]),
}));

const talkdeskNode = (name: string, type: string, parameters: object) => ({
	id: name,
	name,
	type: `n8n-nodes-talkdesk.${type}`,
	typeVersion: 1,
	position: [0, 0] as [number, number],
	parameters: { ...parameters },
	credentials: { talkdeskOAuth2Api: environment.credential },
	webhookId: name.toLowerCase().replace(/\W/g, '-'),
});

/** Publishes a workflow of two nodes, the first of which is a webhook. */
async function publish(
	first: { name: string; type: string; parameters: object },
	second: ReturnType<typeof talkdeskNode>,
) {
	const common = { typeVersion: 2, position: [0, 0] as [number, number], id: first.name };
	const { id } = await environment.n8n.api.createWorkflow({
		name: first.name,
		nodes: [{ ...common, ...first, parameters: { ...first.parameters } }, second],
		connections: { [first.name]: { main: [[{ node: second.name, type: 'main', index: 0 }]] } },
		settings: { executionOrder: 'v1' },
	});
	await environment.n8n.api.activate(id);
	return id;
}

/** Starts a conversation that an agent has joined, without n8n. */
async function openConversation(email: string) {
	const { data: token } = await axios.post<{ access_token: string }>(
		environment.talkdesk.tokenUrl,
		'grant_type=client_credentials',
		{ auth: { username: 'local-client', password: 'local-secret' } },
	);
	const { data } = await axios.post<{ id: string }>(
		`${environment.talkdesk.apiBaseUrl}/digital-connect/conversations`,
		{ touchpoint_id: 'local-touchpoint', contact_person: { email } },
		{ headers: { Authorization: `Bearer ${token.access_token}`, 'x-idempotency-key': email } },
	);
	return data.id;
}

const answerSchema = z.object({
	attachments: z.array(
		z.object({ name: z.string(), outcome: z.string(), error: z.string().optional() }),
	),
});

async function postFiles(path: string) {
	const form = new FormData();
	for (const { name, type, content } of FILES) {
		form.append(`file_${name}`, new Blob([new Uint8Array(content)], { type }), name);
	}
	const { data } = await axios.post<unknown>(`${environment.n8n.webhookUrl}/${path}`, form);
	return answerSchema.parse(data).attachments;
}

const webhook = (path: string) => ({
	name: `Webhook ${path}`,
	type: 'n8n-nodes-base.webhook',
	parameters: { httpMethod: 'POST', path, responseMode: 'lastNode', options: {} },
	webhookId: path,
});

it('ten files of mixed types reach the agent in one message, byte for byte', async () => {
	const conversationId = await openConversation('ten@example.com');
	await publish(
		webhook('ten-files'),
		talkdeskNode('Send', 'talkdesk', {
			resource: 'message',
			operation: 'send',
			conversationId,
			inputDataFieldNames: '*',
			options: { checkSignature: true },
		}),
	);
	const outcomes = await postFiles('ten-files');
	expect(outcomes.map(({ outcome }) => outcome)).toEqual(FILES.map(() => 'sent'));
	const messages = environment.talkdesk.conversation(conversationId)?.messages ?? [];
	expect(messages).toHaveLength(1);
	// n8n's Webhook node gives the files of a form in the order in which they were read.
	const arrived = messages[0]?.attachments.map(({ id }) => {
		const attachment = environment.talkdesk.attachment(id);
		return [attachment?.name, attachment?.type, attachment?.sha256].join();
	});
	expect(arrived?.sort()).toEqual(
		FILES.map(({ name, type, content }) => [name, type, sha256(content)].join()).sort(),
	);
}, 60_000);

it('if one of ten files fails, nine are sent, and the failure is explained', async () => {
	const conversationId = await openConversation('nine@example.com');
	await publish(
		webhook('nine-files'),
		talkdeskNode('Send nine', 'talkdesk', {
			resource: 'message',
			operation: 'send',
			conversationId,
			inputDataFieldNames: '*',
			options: {},
		}),
	);
	let puts = 0;
	environment.talkdesk.configure({ uploadFailure: () => (++puts === 4 ? 403 : undefined) });
	try {
		const outcomes = await postFiles('nine-files');
		expect(outcomes.filter(({ outcome }) => outcome === 'sent')).toHaveLength(9);
		expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toEqual([
			expect.objectContaining({
				error: expect.stringContaining('the file storage answered with HTTP 403'),
			}),
		]);
		const [message] = environment.talkdesk.conversation(conversationId)?.messages ?? [];
		expect(message?.attachments).toHaveLength(9);
	} finally {
		environment.talkdesk.configure({ uploadFailure: () => undefined });
	}
}, 60_000);

it("the files of an agent's message are in the trigger's item, byte for byte", async () => {
	const conversationId = await openConversation('back@example.com');
	const trigger = talkdeskNode('Files of the agent', 'talkdeskTrigger', {
		events: ['message_created'],
		options: { downloadAttachments: true },
	});
	const workflowId = await publish(
		trigger,
		talkdeskNode('Send back', 'talkdesk', {
			resource: 'message',
			operation: 'send',
			conversationId,
			inputDataFieldNames: '*',
		}),
	);
	const key = environment.credentialData.webhookApiKey ?? '';
	environment.talkdesk.configure({
		touchpoints: [
			{
				id: 'local-touchpoint',
				integration: {
					basePath: `${environment.n8n.webhookUrl}/${trigger.webhookId}`,
					authentication: { type: 'apiKey', key },
				},
			},
		],
	});
	await environment.talkdesk.agent.join(conversationId, { name: 'Zoe' });
	await environment.talkdesk.agent.say(conversationId, '', { files: FILES.slice(0, 3) });
	const execution = await environment.n8n.api.waitForExecution(
		({ status }) => status === 'success' || status === 'error',
		20_000,
		{ workflowId },
	);
	expect(errorOf(execution)).toBeUndefined();
	const [item] = itemsOf(execution, trigger.name);
	expect(item?.json.attachments).toMatchObject(
		FILES.slice(0, 3).map(({ name }, index) => ({ name, field: `attachment_${index}` })),
	);
	// The workflow sends them back, so that their bytes can be compared.
	const returned = environment.talkdesk
		.conversation(conversationId)
		?.messages.find(({ from }) => from === 'customer');
	expect(
		returned?.attachments.map(({ id }) => environment.talkdesk.attachment(id)?.sha256),
	).toEqual(FILES.slice(0, 3).map(({ content }) => sha256(content)));
}, 60_000);

it('a transcript is sent as a file', async () => {
	const conversationId = await openConversation('transcript@example.com');
	await publish(
		webhook('transcript'),
		talkdeskNode('Send transcript', 'talkdesk', {
			resource: 'message',
			operation: 'sendTranscript',
			conversationId,
			transcriptSource: 'json',
			transcript: '={{ $json.body.messages }}',
			sendAs: 'file',
		}),
	);
	await axios.post(`${environment.n8n.webhookUrl}/transcript`, {
		messages: [
			{ role: 'user', content: 'Hi' },
			{ role: 'assistant', content: 'Hello' },
		],
	});
	const [message] = environment.talkdesk.conversation(conversationId)?.messages ?? [];
	const [attachment] = message?.attachments ?? [];
	expect(attachment?.name).toMatch(/^chat-transcript-.*\.txt$/);
	expect(environment.talkdesk.attachment(attachment?.id ?? '')?.sha256).toBe(
		sha256(Buffer.from('Customer: Hi\nBot: Hello\n')),
	);
}, 60_000);
