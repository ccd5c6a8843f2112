import path from 'node:path';
import { z } from 'zod';

import {
	bytesOf,
	callN8n,
	startStandIn,
	type Channel,
	type ChannelFile,
	type Person,
} from './stand-in.mts';

export interface Telegram extends Channel {
	/** The bot's access token. */
	readonly token: string;
	/** @param inGroup whether the bot is talked to in a group, whose number is negative */
	person(name: string, inGroup?: boolean): Person;
}

const chatId = z.union([z.string(), z.number()]).transform(String);
const messageBody = z.object({
	chat_id: chatId,
	text: z.string().min(1).max(4096),
	parse_mode: z.enum(['HTML', 'Markdown']),
	reply_markup: z
		.object({ inline_keyboard: z.array(z.array(z.object({ url: z.string().url() }))) })
		.optional(),
});
const webhookBody = z.object({ url: z.string().url(), secret_token: z.string().regex(/^[\w-]+$/) });
const fileQuery = z.object({ file_id: z.string() });

const ok = (result: unknown) => ({ ok: true, result });

/** The visible text of Telegram's Markdown. @throws if Telegram rejects it */
function shownMarkdown(markdown: string): string {
	const text = markdown.replace(/`([^`]*)`/g, '$1').replace(/\\([_*`[])/g, '$1');
	if (/(?<!\\)[_*`[]/.test(markdown.replace(/`[^`]*`/g, ''))) {
		throw new Error("Bad Request: can't parse entities");
	}
	return text;
}

/** The visible text of Telegram's HTML. @throws if Telegram rejects it */
function shown(html: string): string {
	if (/<|&(?!amp;|lt;|gt;|quot;)/.test(html)) throw new Error("Bad Request: can't parse entities");
	return html.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Starts a fake api.telegram.org: the part of the Bot API that n8n's nodes use for a chat. HTML must not have tags. */
export async function startTelegram(): Promise<Telegram> {
	const token = '4711:stand-in';
	const files = new Map<string, ChannelFile>();
	let webhook: z.output<typeof webhookBody> | undefined;
	let ids = 0;

	const standIn = await startStandIn((app) => {
		app.all(`/bot${token}/getWebhookInfo`, async () => ok({ url: webhook?.url ?? '' }));
		app.all(`/bot${token}/deleteWebhook`, async () => ok(true));
		app.post(`/bot${token}/setWebhook`, async ({ body }) => {
			webhook = webhookBody.parse(body);
			return ok(true);
		});
		app.post(`/bot${token}/sendMessage`, async ({ body }, reply) => {
			const { chat_id, text, parse_mode, reply_markup } = messageBody.parse(body);
			const link = reply_markup?.inline_keyboard[0]?.[0]?.url;
			const read = parse_mode === 'HTML' ? shown(text) : shownMarkdown(text);
			if (standIn.deliver(chat_id, { text: read, ...(link && { link }) })) {
				return ok({ message_id: ++ids });
			}
			return await reply.status(400).send({ ok: false, description: 'chat not found' });
		});
		app.post(`/bot${token}/sendDocument`, async ({ body, headers }, reply) => {
			const type = headers['content-type'] ?? '';
			const form = await new Response(new Uint8Array(bytesOf(body)), {
				headers: { 'content-type': type },
			}).formData();
			const document = form.get('document');
			if (!(document instanceof File)) return await reply.status(400).send({ ok: false });
			const file = {
				name: document.name,
				type: document.type,
				content: Buffer.from(await document.arrayBuffer()),
			};
			standIn.deliver(chatId.parse(form.get('chat_id')), { text: '', file });
			return ok({ message_id: ++ids });
		});
		app.get(`/bot${token}/getFile`, async ({ query }) => {
			const { file_id } = fileQuery.parse(query);
			return ok({ file_id, file_path: `documents/${file_id}/${files.get(file_id)?.name}` });
		});
		app.get<{ Params: { id: string } }>(
			`/file/bot${token}/documents/:id/:name`,
			async (request) => files.get(request.params.id)?.content,
		);
	});

	return {
		url: standIn.url,
		token,
		person(name, inGroup = false) {
			const from = ++ids + 1000;
			const id = inGroup ? -from : from;
			const does = async (what: object, times?: number) => {
				if (!webhook) throw new Error('n8n has set no webhook.');
				const message = {
					message_id: ++ids,
					from: { id: from, is_bot: false, first_name: name },
					chat: { id, first_name: name, type: inGroup ? 'group' : 'private' },
					date: Math.floor(Date.now() / 1000),
					...what,
				};
				const { url, secret_token } = webhook;
				await callN8n(
					url,
					JSON.stringify({ update_id: ++ids, message }),
					{ 'X-Telegram-Bot-Api-Secret-Token': secret_token },
					times,
				);
			};
			return {
				...standIn.inbox(String(id)),
				id: String(id),
				name,
				does,
				async says(text, { file, times } = {}) {
					const fileId = `file-${++ids}`;
					if (file) files.set(fileId, file);
					const sent = file && { file_id: fileId, file_name: path.basename(file.name) };
					await does(sent ? { document: sent, ...(text && { caption: text }) } : { text }, times);
				},
			};
		},
		close: standIn.close,
	};
}
