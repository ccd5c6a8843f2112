import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
	conversationEndedCode,
	digitalConnectScope,
	endBody,
	idempotencyHeader,
	onTheWire,
	sendBody,
	startBody,
	type SendBody,
} from './contract.mts';
import type { KeptAttachment } from './attachments.mts';
import type { Conversation, Conversations, Key, Message, Sent } from './conversations.mts';
import type { Identity } from './oauth.mts';
import type { Settings } from './options.mts';
import { readBody, Refusal } from './errors.mts';
import type { Violations } from './violations.mts';
import type { WireLog } from './wire-log.mts';

interface Surroundings {
	settings: () => Settings;
	identity: Identity;
	conversations: Conversations;
	violations: Violations;
	log: WireLog;
	/** The attachment of this id, that Send names. */
	attachment: (id: string) => KeptAttachment | undefined;
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
	const { settings, identity, conversations, violations, log } = surroundings;

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
		const description = violations.wrongWithKey(routeOf(request), textOfKey(request));
		if (!description) return;
		const fields = [{ name: idempotencyHeader, description }];
		throw new Refusal(400, 'The request is not valid', { fields });
	}

	const keyOf = (request: FastifyRequest): Key => ({
		key: textOfKey(request),
		...identity.require(request.headers.authorization, digitalConnectScope),
	});

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
	function receive(conversation: Conversation, key: Key, body: SendBody): Sent {
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
			const key = keyOf(request);
			const existing = conversations.startedWith(key);
			if (!existing && !settings().touchpoints.some(({ id }) => id === body.touchpoint_id)) {
				throw new Refusal(404, 'There is no such touchpoint');
			}
			const conversation = existing ?? conversations.start(key, body);
			violations.started(routeOf(request), key, conversation.id, body);
			const count = conversation.start.previous_messages?.length ?? 0;
			log.note(request, {
				conversationId: conversation.id,
				summary: existing
					? 'found by its idempotency key'
					: `started for ${body.contact_person.email}, ${count} previous messages`,
			});
			return reply.code(201).send({ id: onTheWire(conversation.id) });
		});

		app.post<WithId>(
			'/digital-connect/conversations/:id/messages',
			create,
			async (request, reply) => {
				const body = readBody(sendBody, request.body);
				body.attachments?.forEach(({ id, name }, index) =>
					violations.lookAt(routeOf(request), {
						[`attachments[${index}].id`]: id,
						[`attachments[${index}].name`]: name,
					}),
				);
				needAttachments(body);
				const conversation = find(request);
				const key = keyOf(request);
				const earlier = settings().honorMessageKeys
					? conversations.sentWith(conversation, key)
					: undefined;
				// A message that got through before the end stays sent. Whether its repetition is an error then is unknown.
				if (!earlier || settings().messageKeysAfterEnd === 'ended') needOpen(conversation);
				const { conversationId, message, partialFailReason } =
					earlier ?? receive(conversation, key, body);
				violations.sent(routeOf(request), key, conversation.id, {
					content: body.content,
					files: (body.attachments ?? []).map(({ id }) => surroundings.attachment(id)?.file.sha256),
				});
				log.note(request, {
					summary: earlier ? 'found by its idempotency key' : summaryOf(message),
				});
				const answer = {
					id: onTheWire(conversationId),
					created_at: message.createdAt,
					message_id: onTheWire(message.id),
				};
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

function textOfKey(request: FastifyRequest): string {
	return String(request.headers[idempotencyHeader] ?? '').trim();
}

function routeOf({ method, routeOptions: { url = '' } }: FastifyRequest): string {
	return `${method} ${url}`;
}
