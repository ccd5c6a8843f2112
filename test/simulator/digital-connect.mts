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
import type { StoredAttachment } from './attachments.mts';
import type {
	Conversation,
	Conversations,
	IdempotencyKey,
	Message,
	SentMessage,
} from './conversations.mts';
import type { OAuthServer } from './oauth.mts';
import type { Settings } from './options.mts';
import { parseBody, ApiError } from './errors.mts';
import type { Violations } from './violations.mts';
import type { WireLog } from './wire-log.mts';

interface Dependencies {
	settings: () => Settings;
	identity: OAuthServer;
	conversations: Conversations;
	violations: Violations;
	log: WireLog;
	/** The attachment with this id. */
	attachment: (id: string) => StoredAttachment | undefined;
	/** Called after the API has started a conversation. */
	started: (conversation: Conversation) => void;
	/** Called after a message of the customer was stored. */
	received: (conversation: Conversation, message: Message) => void;
	/** Called after the API has ended a conversation. */
	ended: (conversation: Conversation) => void;
}

type WithId = { Params: { id: string } };

/**
 * Routes of Digital Connect's three operations (reference/start-conversation, reference/send-a-message, and the OpenAPI bundle
 * for End).
 *
 * A request is checked in this order: address (403), token (401), scope (403), Digital Connect enabled (403), idempotency key
 * (400), body (400), existence (404), state (`endedStatus`, 3016011). The order is inferred: authentication precedes
 * validation. The credential test depends on it: it sends an empty Start and takes a 400 for success.
 */
export function digitalConnect(dependencies: Dependencies) {
	const { settings, identity, conversations, violations, log } = dependencies;

	/** Runs before the body is parsed: an unauthenticated client gets no details about it. */
	async function authorize(request: FastifyRequest) {
		if (!settings().addressAllowed) {
			throw new ApiError(403, 'Calls from this address are not allowed');
		}
		identity.authorize(request.headers.authorization, digitalConnectScope);
		if (!settings().digitalConnectEnabled) {
			throw new ApiError(403, 'Digital Connect is not enabled for this account');
		}
	}

	async function requireKey(request: FastifyRequest) {
		const description = violations.checkKey(routeOf(request), readKey(request));
		if (!description) return;
		const fields = [{ name: idempotencyHeader, description }];
		throw new ApiError(400, 'The request is not valid', { fields });
	}

	const keyOf = (request: FastifyRequest): IdempotencyKey => ({
		key: readKey(request),
		...identity.authorize(request.headers.authorization, digitalConnectScope),
	});

	function find(request: FastifyRequest<WithId>): Conversation {
		const { id } = request.params;
		const conversation = conversations.get(id);
		if (!conversation) throw new ApiError(404, 'There is no such conversation');
		log.note(request, { conversationId: id });
		return conversation;
	}

	function requireOpen(conversation: Conversation) {
		if (conversation.state === 'open') return;
		const code = conversationEndedCode;
		throw new ApiError(settings().endedStatus, 'The conversation has already ended', { code });
	}

	function requireAttachments({ attachments = [] }: SendBody) {
		const fields = attachments.flatMap((given, index) => {
			const known = dependencies.attachment(given.id);
			const wrong = (name: string, description: string) => ({
				name: `attachments[${index}].${name}`,
				description,
			});
			if (!known) return [wrong('id', 'is not a known attachment')];
			return (['name', 'type', 'size'] as const)
				.filter((name) => given[name] !== known[name])
				.map((name) => wrong(name, `is not the attachment's, ${known[name]}`));
		});
		if (fields.length) throw new ApiError(400, 'The request is not valid', { fields });
	}

	/** Stores a message, without the attachments that `partialFailure` rejects. */
	function receive(conversation: Conversation, key: IdempotencyKey, body: SendBody): SentMessage {
		const judged = (body.attachments ?? []).map((attachment) => ({
			attachment,
			reason: settings().partialFailure(attachment),
		}));
		const accepted = judged.filter(({ reason }) => reason === undefined);
		const reasons = judged.flatMap(({ reason }) => reason ?? []);
		return conversations.receive(
			conversation,
			key,
			{ ...body, attachments: accepted.map(({ attachment }) => attachment) },
			reasons.length ? reasons.join('; ') : undefined,
		);
	}

	/** Keys of refused starts, for the option `refusedKeys`. */
	const refused = new Set<string>();

	/** The body of a start, whose key may be spent once it was refused. */
	function parseStart(request: FastifyRequest) {
		const key = readKey(request);
		if (settings().refusedKeys === 'spent' && refused.has(key)) {
			throw new ApiError(409, 'The idempotency key was used for another request');
		}
		try {
			return parseBody(startBody(settings().messageTypeSpelling), request.body);
		} catch (error) {
			refused.add(key);
			throw error;
		}
	}

	/** The conversation that an earlier Start with the same key has made. */
	function startedWith(key: IdempotencyKey): Conversation | undefined {
		const { honorStartKeys, startKeysAfterEnd } = settings();
		const existing = honorStartKeys ? conversations.startedWith(key) : undefined;
		return existing?.state === 'ended' && startKeysAfterEnd === 'new' ? undefined : existing;
	}

	return async function routes(app: FastifyInstance) {
		const create = { onRequest: [authorize, requireKey] };

		app.post('/digital-connect/conversations', create, async (request, reply) => {
			const body = parseStart(request);
			const key = keyOf(request);
			const existing = startedWith(key);
			if (!existing && !settings().touchpoints.some(({ id }) => id === body.touchpoint_id)) {
				throw new ApiError(404, 'There is no such touchpoint');
			}
			const conversation = existing ?? conversations.start(key, body);
			violations.recordStart(routeOf(request), key, conversation.id, body);
			if (!existing) dependencies.started(conversation);
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
				const body = parseBody(sendBody, request.body);
				body.attachments?.forEach(({ id, name }, index) =>
					violations.checkValues(routeOf(request), {
						[`attachments[${index}].id`]: id,
						[`attachments[${index}].name`]: name,
					}),
				);
				requireAttachments(body);
				const conversation = find(request);
				const key = keyOf(request);
				const earlier = settings().honorMessageKeys
					? conversations.sentWith(conversation, key)
					: undefined;
				// A message that was stored before the end stays so. Whether its repetition is an error is unknown.
				if (!earlier || settings().messageKeysAfterEnd === 'ended') requireOpen(conversation);
				const { conversationId, message, partialFailReason } =
					earlier ?? receive(conversation, key, body);
				violations.recordSend(routeOf(request), key, conversation.id, {
					content: body.content,
					files: (body.attachments ?? []).map(({ id }) => dependencies.attachment(id)?.file.sha256),
				});
				if (!earlier) dependencies.received(conversation, message);
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
			{ onRequest: authorize },
			async (request, reply) => {
				parseBody(endBody, request.body);
				const conversation = find(request);
				requireOpen(conversation);
				conversations.end(conversation, 'api');
				dependencies.ended(conversation);
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

function readKey(request: FastifyRequest): string {
	return String(request.headers[idempotencyHeader] ?? '').trim();
}

function routeOf({ method, routeOptions: { url = '' } }: FastifyRequest): string {
	return `${method} ${url}`;
}
