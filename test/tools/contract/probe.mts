import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import type { TalkdeskSettings } from '../../../nodes/Talkdesk/api/settings';
import type { Answer, RawApi } from './api.mts';
import type { Created } from './created.mts';
import type { Findings, Verdict } from './findings.mts';

/** What a group of probes works with. */
export interface Context {
	settings: TalkdeskSettings;
	api: RawApi;
	created: Created;
	findings: Findings;
	/** The customer of the conversations. */
	email: string;
	/** A part of every name and key that no other run has. */
	run: string;
}

/** The code of "the conversation has ended", seen in public code. */
export const ENDED_CODE = '3016011';

export const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** The verdict of an answer: a refusal for lack of a scope says nothing about anything else. */
export const verdictOf = ({ status }: Answer, isHeld: boolean): Verdict =>
	status === 403 ? 'unclear' : isHeld ? 'held' : 'not held';

const codeSchema = z.object({ code: z.union([z.string(), z.number()]).transform(String) });

/** The code of an error; undefined if there is none. */
export function codeOf({ body }: Answer): string | undefined {
	const parsed = codeSchema.safeParse(body);
	return parsed.success ? parsed.data.code : undefined;
}

/** The body of a start by the check's customer. */
export const startBody = ({ settings, email }: Context, more: object = {}) => ({
	touchpoint_id: settings.touchpointId,
	contact_person: { email },
	subject: 'Contract check',
	context_parameters: { contact_reason: 'Contract check, please ignore' },
	...more,
});

/** An idempotency key that was never used. */
export const newKey = ({ run }: Context): string => `contract-check-${run}-${randomUUID()}`;

/** An ID that doesn't exist. */
export const unknownId = (): string => randomUUID();

const errorSchema = z
	.object({
		code: z.string(),
		message: z.string(),
		description: z.string().optional(),
		fields: z.array(z.object({ name: z.string(), description: z.string() })).optional(),
	})
	.passthrough();

/** Whether a refusal has the documented form of an error. */
export const hasErrorForm = ({ body }: Answer): boolean => errorSchema.safeParse(body).success;
