import { createHmac } from 'node:crypto';
import { z } from 'zod';

import { bytesOf, callN8n, startStandIn, type Channel, type ChannelFile } from './stand-in.mts';

export interface Slack extends Channel {
	readonly accessToken: string;
	readonly signingSecret: string;
	/** The URL to call for events. */
	webhookUrl: string;
}

const messageBody = z.object({ channel: z.string(), text: z.string().min(1) }).strict();
const fileQuery = z.object({ channel: z.string(), filename: z.string().min(1) });

/** The text of a message to an app, as Slack encodes it. */
const escaped = (text: string) =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The visible text of an app's message: without what is in angle brackets. */
const shown = (text: string) =>
	text
		.replace(/<[^>]*>?/g, '')
		.replaceAll('&lt;', '<')
		.replaceAll('&gt;', '>')
		.replaceAll('&amp;', '&');

/** The headers with Slack's signature of a call. */
function signed(body: string, secret: string) {
	const time = String(Math.floor(Date.now() / 1000));
	const digest = createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex');
	return { 'X-Slack-Request-Timestamp': time, 'X-Slack-Signature': `v0=${digest}` };
}

/**
 * Starts a fake Slack: events, `chat.postMessage`, and files to download. As in Slack, an app's message comes back as an event.
 * Two routes differ from Slack: `POST /files?channel&filename` with the bytes (three calls in Slack), and `GET /users/:id`,
 * which gives the user without Slack's envelope.
 */
export async function startSlack(): Promise<Slack> {
	const accessToken = 'xoxb-stand-in';
	const signingSecret = 'a signing secret';
	const files = new Map<string, ChannelFile>();
	const names = new Map<string, string>();
	let ids = 0;
	const newTs = () => `${Math.floor(Date.now() / 1000)}.${String(++ids).padStart(6, '0')}`;

	async function report(event: object, times?: number): Promise<void> {
		const body = JSON.stringify({ type: 'event_callback', event_id: `Ev${++ids}`, event });
		await callN8n(slack.webhookUrl, body, signed(body, signingSecret), times);
	}

	const standIn = await startStandIn((app) => {
		app.addHook('onRequest', async ({ headers }, reply) => {
			if (headers.authorization === `Bearer ${accessToken}`) return;
			await reply.status(401).send({ ok: false, error: 'invalid_auth' });
		});
		app.post('/api/chat.postMessage', async ({ body }) => {
			const { channel, text } = messageBody.parse(body);
			const ts = newTs();
			await report({ type: 'message', channel_type: 'im', bot_id: 'B1', channel, text, ts });
			standIn.deliver(channel, { text: shown(text) });
			return { ok: true, channel, ts };
		});
		app.post('/files', async ({ body, query, headers }) => {
			const { channel, filename: name } = fileQuery.parse(query);
			const type = headers['content-type'] ?? '';
			standIn.deliver(channel, { text: '', file: { name, type, content: bytesOf(body) } });
			return { ok: true };
		});
		app.get<{ Params: { id: string } }>('/files/:id', async ({ params }, reply) => {
			const file = files.get(params.id);
			return await reply.type(file?.type ?? '').send(file?.content);
		});
		app.get<{ Params: { id: string } }>('/users/:id', async ({ params: { id } }) => ({
			id,
			profile: { real_name: names.get(id), email: `slack-${id}@customers.example.com` },
		}));
	});

	const slack: Slack = {
		url: standIn.url,
		accessToken,
		signingSecret,
		webhookUrl: '',
		person(name) {
			const user = `U${++ids}`;
			const channel = `D${user}`;
			names.set(user, name);
			const does = async (what: object, times?: number) =>
				await report(
					{ type: 'message', channel_type: 'im', channel, user, ts: newTs(), ...what },
					times,
				);
			return {
				...standIn.inbox(channel),
				id: user,
				name,
				does,
				async says(text, { file, times } = {}) {
					const fileId = `F${++ids}`;
					if (file) files.set(fileId, file);
					const sent = file && {
						id: fileId,
						name: file.name,
						mimetype: file.type,
						url_private_download: `${standIn.url}/files/${fileId}`,
					};
					await does(
						{ text: escaped(text), ...(sent && { subtype: 'file_share', files: [sent] }) },
						times,
					);
				},
			};
		},
		close: standIn.close,
	};
	return slack;
}
