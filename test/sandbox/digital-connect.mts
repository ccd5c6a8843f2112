import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
	conversationEndedCode,
	digitalConnectScope,
	endBody,
	idempotencyHeader,
	sendBody,
	startBody,
	type Attachment,
	type SendBody,
} from './contract.mts';
import type { Conversation, Conversations, Message, Sent } from './conversations.mts';
import type { Identity } from './identity.mts';
import type { Settings } from './options.mts';
import { readBody, Refusal } from './refusals.mts';
import type { WireLog } from './wire-log.mts';

interface Surroundings {
	settings: () => Settings;
	identity: Identity;
	conversations: Conversations;
	log: WireLog;
	/** The attachment of this id, that Send names. */
	attachment: (id: string) => Attachment | undefined;
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
		const fields = attachments.flatMap((given, index) => {
			const known = surroundings.attachment(given.id);
			const wrong = (name: string, description: string) => ({
				name: `attachments[${index}].${name}`,
				description,
			});
			if (!known) return [wrong('id', 'is not a known attachment')];
			return (['name', 'type', 'size'] as const)
				.filter((name) => given[name] !== known[name])
				.map((name) => wrong(name, `is not the attachment's, ${known[name]}`));
		});
		if (fields.length) throw new Refusal(400, 'The request is not valid', { fields });
	}

	/** Stores a message, without the attachments that `partialFailure` has something against. */
	function receive(conversation: Conversation, key: string, body: SendBody): Sent {
		const judged = (body.attachments ?? []).map((attachment) => ({
			attachment,
			reason: settings().partialFailure(attachment),
		}));
		const good = judged.filter(({ reason }) => reason === undefined);
		const reasons = judged.flatMap(({ reason }) => reason ?? []);
		return conversations.receive(
			conversation,
			key,
			{ ...body, attachments: good.map(({ attachment }) => attachment) },
			reasons.length ? reasons.join('; ') : undefined,
		);
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
				const earlier = settings().honourMessageKeys
					? conversations.sentWith(conversation, key)
					: undefined;
				// A message that got through before the end stays sent, so its repetition is no error.
				if (!earlier) needOpen(conversation);
				const { message, partialFailReason } = earlier ?? receive(conversation, key, body);
				log.note(request, {
					summary: earlier ? 'found by its idempotency key' : summaryOf(message),
				});
				const { id: message_id, createdAt: created_at } = message;
				const answer = { id: conversation.id, created_at, message_id };
				if (partialFailReason === undefined) return reply.code(201).send(answer);
				return reply.code(206).send({ ...answer, partial_fail_reason: partialFailReason });
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

function summaryOf({ content, attachments }: Message): string {
	const names = attachments.map(({ name }) => `[${name}]`);
	return ['customer:', content, ...names].filter(Boolean).join(' ');
}

function keyOf(request: FastifyRequest): string {
	return String(request.headers[idempotencyHeader] ?? '').trim();
}
