import { z } from 'zod';

import { describeShape } from '../../../nodes/Talkdesk/text/bodyShape';
import type { Answer } from './api.mts';

/** A word that a program has chosen, such as a code, a state or a field's name; never a sentence or an ID. */
const WORD = /^[a-z][a-z0-9]*(?:[_.-][a-z0-9]+){0,5}$/i;
const CODE = /^[\w.-]{1,24}$/;
const FIELD = /^[a-z_][\w.[\]-]{0,60}$/i;
const HEX = /[0-9a-f]{8}|\d{5}/i;

/** A short word of a program, such as `AGENT`; undefined for anything else. */
export function enumWord(value: unknown): string | undefined {
	if (typeof value !== 'string' || value.length > 40 || HEX.test(value)) return undefined;
	const hasOneCase = value === value.toLowerCase() || value === value.toUpperCase();
	return WORD.test(value) && hasOneCase ? value : undefined;
}

const errorSchema = z.object({
	code: z.string().regex(CODE).optional().catch(undefined),
	fields: z
		.array(z.object({ name: z.string().regex(FIELD) }))
		.optional()
		.catch(undefined),
});

/** What an answer looks like, without its values: status, shape, and the code and field names of an error. */
export function describeAnswer({ status, body, contentType }: Answer): string {
	if (body === undefined) return `${status}, no body`;
	if (typeof body === 'string')
		return `${status}, ${contentType ?? 'no type'}, ${describeShape(body)}`;
	const error = errorSchema.safeParse(status >= 400 ? body : {});
	const { code, fields = [] } = error.success ? error.data : {};
	const names = fields.map(({ name }) => name).join(', ');
	return [
		`${status} ${describeShape(body)}`,
		code === undefined ? '' : `code ${code}`,
		names && `fields ${names}`,
	]
		.filter(Boolean)
		.join(', ');
}

/** The form of a time, such as `ISO 8601 with milliseconds`. */
export function timeForm(value: unknown): string {
	if (typeof value === 'number') return value > 1e11 ? 'milliseconds' : 'seconds';
	if (typeof value !== 'string') return value === null ? 'null' : typeof value;
	const form = value.replace(/\d/g, '0');
	return /^[0TZ:.+ -]{8,40}$/.test(form) ? form : 'another text';
}
