import type { TalkdeskProblem } from './problem';

/** What follows these schemes is a secret, whoever's it is. */
const CREDENTIALS = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
/** A JSON Web Token: three parts in base64url, the first of them an object. */
const JSON_WEB_TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

const HIDDEN = '[hidden]';

/** What is shorter is no secret; to cut it out everywhere would spoil the text. */
const MIN_SECRET = 4;

/**
 * A text for the user without the secrets that a server may have put into it: it may echo the request that it refuses.
 *
 * @param secrets in any order; also looked for as a form has them
 */
export function redact(text: string, secrets: string[]): string {
	const spellings = secrets
		.flatMap((secret) => [secret, new URLSearchParams([['', secret]]).toString().slice(1)])
		.filter((secret) => secret.length >= MIN_SECRET)
		// What is inside of another one must not be cut out of it first.
		.sort((a, b) => b.length - a.length);
	const known = spellings.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
	return known.replace(CREDENTIALS, `$1 ${HIDDEN}`).replace(JSON_WEB_TOKEN, HIDDEN);
}

/** A problem without secrets in Talkdesk's words. */
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
