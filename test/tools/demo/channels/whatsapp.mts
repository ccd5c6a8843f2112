import { z } from 'zod';

import {
	bytesOf,
	callN8n,
	startStandIn,
	type Channel,
	type ChannelFile,
	type Person,
} from './stand-in.mts';

export interface WhatsApp extends Channel {
	readonly accessToken: string;
	/** The URL to call for incoming messages. */
	webhookUrl: string;
	/** @param userId of a person who writes under a user name and hides the phone number */
	person(name: string, userId?: string): WhatsAppPerson;
	/** Stores a file as that of an incoming message. @returns the media's ID */
	keeps(file: ChannelFile): string;
	/** Calls n8n once, with all values. */
	brings(...values: object[]): Promise<void>;
}

interface WhatsAppPerson extends Person {
	/** The value of a call with messages of this person. @param contents in WhatsApp's own fields, one for each message */
	value(...contents: object[]): { contacts: object[]; messages: object[] };
}

const PHONE_NUMBER_ID = '1066';

/**
 * A phone number belongs in `to`, a business-scoped user ID in `recipient`. WhatsApp accepts an ID in `to`, too, but does not
 * deliver the message.
 */
const recipientBody = z.object({
	messaging_product: z.literal('whatsapp'),
	recipient_type: z.literal('individual').optional(),
	to: z.string().optional(),
	recipient: z
		.string()
		.regex(/^[A-Z]{2}\.\w+$/)
		.optional(),
});
const messageBody = z.union([
	recipientBody
		.extend({
			type: z.literal('text'),
			text: z.object({ body: z.string().min(1).max(4096) }),
		})
		.strict(),
	recipientBody
		.extend({
			type: z.literal('document'),
			document: z.object({ id: z.string(), filename: z.string().min(1) }),
		})
		.strict(),
]);

/** Starts a fake WhatsApp Business Cloud: texts, documents, media and calls of its API. Paths may have any version. */
export async function startWhatsApp(): Promise<WhatsApp> {
	const accessToken = 'stand-in-token';
	const media = new Map<string, ChannelFile>();
	let ids = 0;

	const keeps = (file: ChannelFile) => {
		const id = `media${++ids}`;
		media.set(id, file);
		return id;
	};

	const standIn = await startStandIn((app) => {
		app.addHook('onRequest', async ({ headers }, reply) => {
			if (headers.authorization === `Bearer ${accessToken}`) return;
			await reply.status(401).send({ error: { message: 'Invalid access token' } });
		});
		app.post(`/:version/${PHONE_NUMBER_ID}/messages`, async ({ body }, reply) => {
			const message = messageBody.parse(body);
			const recipient = message.to ?? message.recipient;
			if (!recipient) return await reply.status(400).send({ error: { message: 'to is required' } });
			const to = message.to ? message.to.replace(/^\+/, '') : recipient;
			if (message.type === 'text') {
				if (!message.to || /^\d+$/.test(to)) standIn.deliver(to, { text: message.text.body });
			} else {
				const file = media.get(message.document.id);
				if (!file) return await reply.status(400).send({ error: { message: 'unknown media' } });
				const { filename: name } = message.document;
				if (!message.to || /^\d+$/.test(to))
					standIn.deliver(to, { text: '', file: { ...file, name } });
			}
			return { messages: [{ id: `wamid.${++ids}` }] };
		});
		app.post(`/:version/${PHONE_NUMBER_ID}/media`, async ({ body, headers }, reply) => {
			const form = await new Response(new Uint8Array(bytesOf(body)), {
				headers: { 'content-type': headers['content-type'] ?? '' },
			}).formData();
			const file = form.get('file');
			if (form.get('messaging_product') !== 'whatsapp' || !(file instanceof File)) {
				return await reply.status(400).send({ error: { message: 'file is required' } });
			}
			const content = Buffer.from(await file.arrayBuffer());
			return { id: keeps({ name: file.name, type: file.type, content }) };
		});
		app.get<{ Params: { id: string } }>('/:id', async ({ params }) => ({
			id: params.id,
			mime_type: media.get(params.id)?.type,
			url: `${standIn.url}/media/?mid=${params.id}`,
		}));
		app.get('/media/', async ({ query }, reply) => {
			const file = media.get(z.object({ mid: z.string() }).parse(query).mid);
			return await reply.type(file?.type ?? '').send(file?.content);
		});
	});

	const brings = async (values: object[], times?: number) => {
		const metadata = { display_phone_number: '15550001', phone_number_id: PHONE_NUMBER_ID };
		const changes = values.map((value) => ({
			value: { messaging_product: 'whatsapp', metadata, ...value },
			field: 'messages',
		}));
		const body = { object: 'whatsapp_business_account', entry: [{ id: '1', changes }] };
		await callN8n(whatsApp.webhookUrl, JSON.stringify(body), {}, times);
	};

	const whatsApp: WhatsApp = {
		url: standIn.url,
		accessToken,
		webhookUrl: '',
		keeps,
		brings: async (...values) => await brings(values),
		person(name, userId) {
			const id = userId ?? `49170${++ids + 1000}`;
			const value = (...contents: object[]) => ({
				contacts: [
					userId
						? { profile: { name, username: name.toLowerCase() }, wa_id: '', user_id: userId }
						: { profile: { name }, wa_id: id },
				],
				messages: contents.map((content) => ({
					...(userId ? { from: '', from_user_id: userId } : { from: id }),
					id: `wamid.${++ids}`,
					timestamp: String(Math.floor(Date.now() / 1000)),
					...content,
				})),
			});
			return {
				...standIn.inbox(id),
				id,
				name,
				value,
				does: async (what) => await brings([value(what)]),
				async says(text, { file, times } = {}) {
					const document = file && {
						id: keeps(file),
						filename: file.name,
						mime_type: file.type,
						...(text && { caption: text }),
					};
					const content = document
						? { type: 'document', document }
						: { type: 'text', text: { body: text } };
					await brings([value(content)], times);
				},
			};
		},
		close: standIn.close,
	};
	return whatsApp;
}
