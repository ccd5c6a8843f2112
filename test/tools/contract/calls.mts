import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

import {
	EVENTS,
	parseEvent,
	type TalkdeskEvent,
} from '../../../nodes/Talkdesk/trigger/event/parse';
import { describeShape } from '../../../nodes/Talkdesk/text/bodyShape';
import { isAuthorType } from '../../../nodes/Talkdesk/trigger/event/author';
import { enumWord } from './shape.mts';

/** A call that Talkdesk has made. It is never shown as it is. */
export interface Call {
	/** What was going on at the desk. */
	step: string;
	/** Milliseconds since 1970. */
	at: number;
	method: string;
	/** The last segment of the path. */
	action: string;
	headers: IncomingHttpHeaders;
	/** The parsed JSON; undefined if it is none. */
	body: unknown;
	/** Of the bytes. */
	digest: string;
}

/** Headers whose values say nothing about anybody. */
const HARMLESS = ['content-type', 'accept', 'user-agent', 'transfer-encoding'];
const HARMLESS_VALUE = /^[\w.,;:/*=()+ -]{1,80}$/;
const EVENT_WORD = /^[A-Za-z_.]{1,40}$/;

const envelopeSchema = z.object({ event_type: z.unknown() }).passthrough();

/** The event that the package makes of a call; undefined if it can't place it. */
export function eventOf({ action, body, at }: Call): TalkdeskEvent | undefined {
	const result = parseEvent(action, body, at);
	return result.ok ? result.event : undefined;
}

/** The value of `event_type` as far as it is a word. */
export function eventWord({ body }: Call): string | undefined {
	const parsed = envelopeSchema.safeParse(body);
	const value = parsed.success ? parsed.data.event_type : undefined;
	return typeof value === 'string' && EVENT_WORD.test(value) ? value : undefined;
}

/** The type of an author, if it is a word of a program and not a name. */
export function authorWord(call: Call): string | undefined {
	const type = eventOf(call)?.author?.type;
	if (type === undefined) return undefined;
	return isAuthorType(type) ? type : (enumWord(type) ?? `text of ${type.length}`);
}

/** Whether a call is to one of the three actions. */
export const isAction = ({ action }: Call): boolean => EVENTS.some((event) => event === action);

/** What a call looks like, without its values. */
export function describeCall(call: Call): string {
	const { step, method, action, headers, body } = call;
	const path = isAction(call) ? action : 'another path';
	const names = Object.keys(headers)
		.sort()
		.map((name) => {
			const value = headers[name];
			const isShown =
				HARMLESS.includes(name) && typeof value === 'string' && HARMLESS_VALUE.test(value);
			const scheme =
				name === 'authorization' ? /^\w{1,10}(?= )/.exec(value?.toString() ?? '')?.[0] : undefined;
			if (isShown) return `${name}: ${value}`;
			return scheme === undefined ? name : `${name}: ${scheme} …`;
		});
	const words = [
		['event_type', eventWord(call)],
		['author type', authorWord(call)],
	].flatMap(([name, word]) => (word === undefined ? [] : [`${name} ${word}`]));
	return [`${step}: ${method} ${path}`, ...words, describeShape(body), names.join(', ')].join('; ');
}
