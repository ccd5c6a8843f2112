import type { TalkdeskProblem } from './problem';

/** Authorization schemes with their secrets. */
const CREDENTIALS = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
/** A JSON Web Token: three parts in base64url, of which the first is an object. */
const JSON_WEB_TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

const HIDDEN = '[hidden]';

/** Shorter values are no secrets, and occur in ordinary text. */
const MIN_SECRET = 4;

/**
 * The text without secrets. A server may repeat parts of the request in its error.
 *
 * @param secrets are also found in their URL-encoded form
 */
export function redact(text: string, secrets: string[]): string {
	const spellings = secrets
		.flatMap((secret) => [secret, new URLSearchParams([['', secret]]).toString().slice(1)])
		.filter((secret) => secret.length >= MIN_SECRET)
		// Longest first: one secret may contain another.
		.sort((a, b) => b.length - a.length);
	const known = spellings.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
	return known.replace(CREDENTIALS, `$1 ${HIDDEN}`).replace(JSON_WEB_TOKEN, HIDDEN);
}

/** The problem without secrets in its texts. */
export function redactProblem(problem: TalkdeskProblem, secrets: string[]): TalkdeskProblem {
	const hide = (text: string) => redact(text, secrets);
	const { message, description, code, fields } = problem;
	return {
		...problem,
		message: hide(message),
		...(description !== undefined && { description: hide(description) }),
		...(code !== undefined && { code: hide(code) }),
		fields: fields.map((field) => ({
			name: hide(field.name),
			...(field.description !== undefined && { description: hide(field.description) }),
		})),
	};
}
