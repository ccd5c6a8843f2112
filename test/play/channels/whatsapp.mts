import { z } from 'zod';

import { bytesOf, callN8n, startStandIn, type Channel, type ChannelFile } from './stand-in.mts';

export interface WhatsApp extends Channel {
	readonly accessToken: string;
	/** What is called when somebody writes. */
	webhookUrl: string;
}

const PHONE_NUMBER_ID = '1066';

const textBody = z
	.object({
		messaging_product: z.literal('whatsapp'),
		to: z.string().regex(/^\d+$/),
		type: z.literal('text'),
		text: z.object({ body: z.string().min(1).max(4096) }),
	})
	.strict();
const documentQuery = z.object({ to: z.string().regex(/^\d+$/), filename: z.string().min(1) });

/**
 * Plays WhatsApp Business Cloud. Texts and media links are as in its API; a document is sent in one request, which in the API
 * are two: `POST /<phone number id>/document?to&filename` with its bytes.
 */
export async function startWhatsApp(): Promise<WhatsApp> {
	const accessToken = 'stand-in-token';
	const media = new Map<string, ChannelFile>();
	let ids = 0;

	const standIn = await startStandIn((app) => {
		app.addHook('onRequest', async ({ headers }, reply) => {
			if (headers.authorization === `Bearer ${accessToken}`) return;
			await reply.status(401).send({ error: { message: 'Invalid access token' } });
		});
		app.post(`/${PHONE_NUMBER_ID}/messages`, async ({ body }) => {
			const { to, text } = textBody.parse(body);
			standIn.deliver(to, { text: text.body });
			return { messages: [{ id: `wamid.${++ids}` }] };
		});
		app.post(`/${PHONE_NUMBER_ID}/document`, async ({ body, query, headers }) => {
			const { to, filename: name } = documentQuery.parse(query);
			const type = headers['content-type'] ?? '';
			standIn.deliver(to, { text: '', file: { name, type, content: bytesOf(body) } });
			return { messages: [{ id: `wamid.${++ids}` }] };
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

	const whatsApp: WhatsApp = {
		url: standIn.url,
		accessToken,
		webhookUrl: '',
		person(name) {
			const from = `49170${++ids + 1000}`;
			return {
				...standIn.inbox(from),
				id: from,
				name,
				async says(text, { file, times } = {}) {
					const mediaId = `media${++ids}`;
					if (file) media.set(mediaId, file);
					const content = file
						? {
								type: 'document',
								document: {
									id: mediaId,
									filename: file.name,
									mime_type: file.type,
									...(text && { caption: text }),
								},
							}
						: { type: 'text', text: { body: text } };
					const timestamp = String(Math.floor(Date.now() / 1000));
					const value = {
						messaging_product: 'whatsapp',
						metadata: { display_phone_number: '15550001', phone_number_id: PHONE_NUMBER_ID },
						contacts: [{ profile: { name }, wa_id: from }],
						messages: [{ from, id: `wamid.${++ids}`, timestamp, ...content }],
					};
					const body = {
						object: 'whatsapp_business_account',
						entry: [{ id: '1', changes: [{ value, field: 'messages' }] }],
					};
					await callN8n(whatsApp.webhookUrl, JSON.stringify(body), {}, times);
				},
			};
		},
		close: standIn.close,
	};
	return whatsApp;
}
