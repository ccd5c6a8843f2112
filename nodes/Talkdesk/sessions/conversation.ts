import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

const text = z
	.string()
	.nullish()
	.transform((value) => value ?? '');

/** ISO 8601. n8n gives the same column as a text or as a date. */
const time = z
	.preprocess((value) => (value instanceof Date ? value.toISOString() : value), text)
	.catch('');

const rowSchema = z.object({
	conversationId: z.string().min(1),
	sessionId: z.string(),
	sessionData: text,
	contactEmail: text,
	touchpointId: text,
	status: z.enum(['open', 'ended']).catch('ended'),
	agentName: text,
	resumeUrl: text,
	startedAt: time,
	endedAt: time,
	endReason: text,
});

/** A conversation that this package has started, as the table has it. */
export type Conversation = z.output<typeof rowSchema>;

/** The part of a conversation that never changes. */
export type SessionOfConversation = Pick<
	Conversation,
	'conversationId' | 'sessionId' | 'sessionData' | 'contactEmail' | 'touchpointId'
>;

/** The conversation of a session that counts. @param rows newest first. @returns undefined if there is none */
export function newestOpenOrNewest(rows: IDataObject[]): Conversation | undefined {
	const conversations = rows.flatMap((row) => rowSchema.safeParse(row).data ?? []);
	return conversations.find(({ status }) => status === 'open') ?? conversations[0];
}
