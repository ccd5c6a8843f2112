import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { fieldErrors, type FieldError } from './contract.mts';
import type { WireLog } from './wire-log.mts';

/**
 * A refusal in Talkdesk's error shape `{ code, message, description?, fields? }`, which every reference page documents.
 *
 * The real codes are unknown but for one. So the default code, `local-400` and the like, can't be taken for a real one.
 */
export class Refusal extends Error {
	constructor(
		readonly status: number,
		message: string,
		readonly details: { code?: string; description?: string; fields?: FieldError[] } = {},
	) {
		super(message);
		this.name = 'Refusal';
	}

	/** The body of the answer. */
	body() {
		const { code = `local-${this.status}`, description, fields } = this.details;
		return {
			code,
			message: this.message,
			...(description === undefined ? {} : { description }),
			...(fields === undefined ? {} : { fields }),
		};
	}
}

/** A refusal of the token endpoint: `{ error, error_description }` (reference/cc-basic; the names of errors are RFC 6749's). */
export class TokenRefusal extends Error {
	constructor(
		readonly status: number,
		readonly error: string,
		description: string,
	) {
		super(description);
		this.name = 'TokenRefusal';
	}

	/** The body of the answer. */
	body() {
		return { error: this.error, error_description: this.message };
	}
}

/** A refusal of the storage: S3's `<Error><Code>…</Code><Message>…</Message></Error>`, with S3's codes. */
export class StorageRefusal extends Error {
	constructor(
		readonly status: number,
		readonly code: string,
		message: string,
	) {
		super(message);
		this.name = 'StorageRefusal';
	}

	/** The body of the answer. */
	body() {
		const [code, message] = [this.code, this.message].map(escapeXml);
		return (
			'<?xml version="1.0" encoding="UTF-8"?>\n' +
			`<Error><Code>${code}</Code><Message>${message}</Message></Error>`
		);
	}
}

/**
 * Reads a body or a query, or refuses it.
 *
 * @throws Refusal 400 whose `fields` name what is wrong
 */
export function readBody<T extends z.ZodTypeAny>(schema: T, body: unknown): z.output<T> {
	const read = schema.safeParse(body);
	if (read.success) return read.data;
	throw new Refusal(400, 'The request is not valid', { fields: fieldErrors(read.error) });
}

/**
 * Makes the error handler for everything that answers in Talkdesk's shape.
 *
 * What fastify itself refuses (broken JSON, another content type, too large a body) becomes a 400: Talkdesk documents 400,
 * 401, 403, 404 and 409 only. An error of ours is a 500 with its message, so that a test shows what broke.
 */
export function refuse(log: WireLog) {
	return (error: FastifyError | Refusal, request: FastifyRequest, reply: FastifyReply) => {
		const refusal = error instanceof Refusal ? error : new Refusal(statusOf(error), error.message);
		log.note(request, { summary: describe(refusal) });
		return reply.code(refusal.status).send(refusal.body());
	};
}

/** Like `refuse`, in the shape of the token endpoint. */
export function refuseToken(log: WireLog) {
	return (error: FastifyError | TokenRefusal, request: FastifyRequest, reply: FastifyReply) => {
		const refusal =
			error instanceof TokenRefusal
				? error
				: new TokenRefusal(statusOf(error), 'invalid_request', error.message);
		log.note(request, { summary: `${refusal.error}: ${refusal.message}` });
		return reply.code(refusal.status).send(refusal.body());
	};
}

/** Like `refuse`, in the shape of S3. */
export function refuseInXml(log: WireLog) {
	return (error: FastifyError | StorageRefusal, request: FastifyRequest, reply: FastifyReply) => {
		const refusal =
			error instanceof StorageRefusal
				? error
				: new StorageRefusal(statusOf(error), 'InvalidRequest', error.message);
		log.note(request, { summary: `${refusal.code}: ${refusal.message}` });
		return reply.code(refusal.status).type('application/xml').send(refusal.body());
	};
}

function escapeXml(text: string): string {
	return text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function statusOf(error: FastifyError): number {
	const { statusCode = 500 } = error;
	return statusCode >= 400 && statusCode < 500 ? 400 : 500;
}

function describe({ message, details }: Refusal): string {
	const fields = details.fields?.map((field) => `${field.name} ${field.description}`).join('; ');
	return fields ? `${message}: ${fields}` : message;
}
