import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
	conversationEndedCode,
	digitalConnectScope,
	endBody,
	idempotencyHeader,
	sendBody,
	startBody,
	type SendBody,
} from './contract.mts';
import type { Conversation, Conversations } from './conversations.mts';
import type { Identity } from './identity.mts';
import type { Settings } from './options.mts';
import { readBody, Refusal } from './refusals.mts';
import type { WireLog } from './wire-log.mts';

interface Surroundings {
	settings: () => Settings;
	identity: Identity;
	conversations: Conversations;
	log: WireLog;
	/** Whether Send may name an attachment of this id. */
	attachmentExists: (id: string) => boolean;
	/** Called after the API has ended a conversation. */
	ended: (conversation: Conversation) => void;
}

type WithId = { Params: { id: string } };

/**
 * Adds Digital Connect's three operations to a server (reference/start-conversation, reference/send-a-message, and the
 * OpenAPI bundle for End).
 *
 * A request is checked in this order: address (403), token (401), scope (403), Digital Connect enabled (403), idempotency key
 * (400), body (400), existence (404), state (`endedStatus`, 3016011). The order is inferred: who is asking comes before what
 * is asked for. The credential's test rests on it, as it sends an empty Start and reads "400" as "you are let in".
 */
export function digitalConnect(surroundings: Surroundings) {
	const { settings, identity, conversations, log } = surroundings;

	/** Runs before the body is read, so that a stranger never hears that his body is wrong. */
	async function admit(request: FastifyRequest) {
		if (!settings().addressAllowed) {
			throw new Refusal(403, 'Calls from this address are not allowed');
		}
		identity.require(request.headers.authorization, digitalConnectScope);
		if (!settings().digitalConnectEnabled) {
			throw new Refusal(403, 'Digital Connect is not enabled for this account');
		}
	}

	async function needKey(request: FastifyRequest) {
		if (!keyOf(request)) {
			const fields = [{ name: idempotencyHeader, description: 'header is required' }];
			throw new Refusal(400, 'The request is not valid', { fields });
		}
	}

	function find(request: FastifyRequest<WithId>): Conversation {
		const { id } = request.params;
		const conversation = conversations.get(id);
		if (!conversation) throw new Refusal(404, 'There is no such conversation');
		log.note(request, { conversationId: id });
		return conversation;
	}

	function needOpen(conversation: Conversation) {
		if (conversation.state === 'open') return;
		const code = conversationEndedCode;
		throw new Refusal(settings().endedStatus, 'The conversation has already ended', { code });
	}

	function needAttachments({ attachments = [] }: SendBody) {
		const fields = attachments.flatMap(({ id }, index) =>
			surroundings.attachmentExists(id)
				? []
				: [{ name: `attachments[${index}].id`, description: 'is not a known attachment' }],
		);
		if (fields.length) throw new Refusal(400, 'The request is not valid', { fields });
	}

	return async function routes(app: FastifyInstance) {
		const create = { onRequest: [admit, needKey] };

		app.post('/digital-connect/conversations', create, async (request, reply) => {
			const body = readBody(startBody(settings().messageTypeSpelling), request.body);
			const existing = conversations.startedWith(keyOf(request));
			if (!existing && !settings().touchpoints.some(({ id }) => id === body.touchpoint_id)) {
				throw new Refusal(404, 'There is no such touchpoint');
			}
			const conversation = existing ?? conversations.start(keyOf(request), body);
			const count = conversation.start.previous_messages?.length ?? 0;
			log.note(request, {
				conversationId: conversation.id,
				summary: existing
					? 'found by its idempotency key'
					: `started for ${body.contact_person.email}, ${count} previous messages`,
			});
			return reply.code(201).send({ id: conversation.id });
		});

		app.post<WithId>(
			'/digital-connect/conversations/:id/messages',
			create,
			async (request, reply) => {
				const body = readBody(sendBody, request.body);
				needAttachments(body);
				const conversation = find(request);
				const key = keyOf(request);
				const sent = settings().honourMessageKeys
					? conversations.sentWith(conversation, key)
					: undefined;
				// A message that got through before the end stays sent, so its repetition is no error.
				if (!sent) needOpen(conversation);
				const message = sent ?? conversations.receive(conversation, key, body);
				log.note(request, {
					summary: sent ? 'found by its idempotency key' : `customer: ${message.content ?? ''}`,
				});
				const { id: message_id, createdAt: created_at } = message;
				return reply.code(201).send({ id: conversation.id, created_at, message_id });
			},
		);

		app.delete<WithId>(
			'/digital-connect/conversations/:id',
			{ onRequest: admit },
			async (request, reply) => {
				readBody(endBody, request.body);
				const conversation = find(request);
				needOpen(conversation);
				conversations.end(conversation, 'api');
				surroundings.ended(conversation);
				log.note(request, { summary: 'ended by the API' });
				return reply.code(204).send();
			},
		);
	};
}

function keyOf(request: FastifyRequest): string {
	return String(request.headers[idempotencyHeader] ?? '').trim();
}
