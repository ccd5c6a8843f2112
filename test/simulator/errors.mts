import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { fieldErrors, type FieldError } from './contract.mts';
import type { WireLog } from './wire-log.mts';

/**
 * An error in Talkdesk's format `{ code, message, description?, fields? }`, which every reference page documents.
 *
 * All real codes but one are unknown. The default code, such as `local-400`, can't be taken for a real one.
 */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		message: string,
		readonly details: { code?: string; description?: string; fields?: FieldError[] } = {},
	) {
		super(message);
		this.name = 'ApiError';
	}

	/** The body of the response. */
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

/** An error of the token endpoint: `{ error, error_description }` (reference/cc-basic; error names of RFC 6749). */
export class OAuthError extends Error {
	constructor(
		readonly status: number,
		readonly error: string,
		description: string,
	) {
		super(description);
		this.name = 'OAuthError';
	}

	/** The body of the response. */
	body() {
		return { error: this.error, error_description: this.message };
	}
}

/** An error of the storage: S3's `<Error><Code>…</Code><Message>…</Message></Error>`, with S3's codes. */
export class StorageError extends Error {
	constructor(
		readonly status: number,
		readonly code: string,
		message: string,
	) {
		super(message);
		this.name = 'StorageError';
	}

	/** The body of the response. */
	body() {
		const [code, message] = [this.code, this.message].map(escapeXml);
		return (
			'<?xml version="1.0" encoding="UTF-8"?>\n' +
			`<Error><Code>${code}</Code><Message>${message}</Message></Error>`
		);
	}
}

/**
 * Parses a body or a query.
 *
 * @throws ApiError 400 whose `fields` name what is invalid
 */
export function parseBody<T extends z.ZodTypeAny>(schema: T, body: unknown): z.output<T> {
	const read = schema.safeParse(body);
	if (read.success) return read.data;
	throw new ApiError(400, 'The request is not valid', { fields: fieldErrors(read.error) });
}

/**
 * Creates the error handler for routes with Talkdesk's error format.
 *
 * What fastify itself rejects (broken JSON, another content type, too large a body) becomes a 400: Talkdesk documents 400,
 * 401, 403, 404 and 409 only. An error of the simulator is a 500 with its message, so that a test shows it.
 */
export function apiErrorHandler(log: WireLog) {
	return (error: FastifyError | ApiError, request: FastifyRequest, reply: FastifyReply) => {
		const apiError =
			error instanceof ApiError ? error : new ApiError(statusOf(error), error.message);
		log.note(request, { summary: describe(apiError) });
		return reply.code(apiError.status).send(apiError.body());
	};
}

/** Like `apiErrorHandler`, in the format of the token endpoint. */
export function oauthErrorHandler(log: WireLog) {
	return (error: FastifyError | OAuthError, request: FastifyRequest, reply: FastifyReply) => {
		const oauthError =
			error instanceof OAuthError
				? error
				: new OAuthError(statusOf(error), 'invalid_request', error.message);
		log.note(request, { summary: `${oauthError.error}: ${oauthError.message}` });
		return reply.code(oauthError.status).send(oauthError.body());
	};
}

/** Like `apiErrorHandler`, in the format of S3. */
export function storageErrorHandler(log: WireLog) {
	return (error: FastifyError | StorageError, request: FastifyRequest, reply: FastifyReply) => {
		const storageError =
			error instanceof StorageError
				? error
				: new StorageError(statusOf(error), 'InvalidRequest', error.message);
		log.note(request, { summary: `${storageError.code}: ${storageError.message}` });
		return reply.code(storageError.status).type('application/xml').send(storageError.body());
	};
}

function escapeXml(text: string): string {
	return text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function statusOf(error: FastifyError): number {
	const { statusCode = 500 } = error;
	return statusCode >= 400 && statusCode < 500 ? 400 : 500;
}

function describe({ message, details }: ApiError): string {
	const fields = details.fields?.map((field) => `${field.name} ${field.description}`).join('; ');
	return fields ? `${message}: ${fields}` : message;
}
