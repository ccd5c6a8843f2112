import type { TalkdeskProblem } from './problem';

/** What follows these schemes is a secret, whoever's it is. */
const CREDENTIALS = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
/** A JSON Web Token: three parts in base64url, the first of them an object. */
const JSON_WEB_TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

const HIDDEN = '[hidden]';

/** A text of Talkdesk's, without secrets: a server may echo the request that it refuses. */
export function redact(text: string, secrets: string[]): string {
	const known = secrets
		.filter(Boolean)
		.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
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
