import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

const isObject = (value: unknown) =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is sent to an execution that waits. */
export const resumeCallSchema = z.union([
	z.object({
		/** The event, as the trigger puts it out. */
		event: z.custom<IDataObject>(isObject),
		/** The files that the trigger has downloaded, by field. */
		files: z
			.record(z.object({ name: z.string(), type: z.string(), base64: z.string() }))
			.optional(),
		/** Events go in this order. */
		order: z.number(),
		/** The ID of the event before. */
		after: z.string().optional(),
		/** The process that sends it. */
		sender: z.string(),
		/** Milliseconds between its tries. */
		interval: z.number(),
	}),
	/** The time is over: the limit, as the execution knows it. */
	z.object({ limit: z.string() }),
	/** Another execution waits for the conversation now: this one ends. */
	z.object({ replaced: z.literal(true) }),
]);

/** What the execution that waits answers. */
export const resumeAnswerSchema = z.object({
	/** Whether it goes on with the event; false if it doesn't wait for such events. */
	accepted: z.boolean(),
	/** Whether n8n's chat can wake it as well. */
	isInChat: z.boolean().optional(),
	/** Milliseconds after which the sender may try again. */
	retryAfter: z.number().finite().optional(),
	/** The agent's text that the replaced execution had not yet shown. */
	unshownText: z.string().optional(),
});

export type ResumeFiles = Extract<z.output<typeof resumeCallSchema>, { order: number }>['files'];

export type ResumeAnswer = z.output<typeof resumeAnswerSchema>;

const attachmentsSchema = z
	.array(z.object({ field: z.string().optional() }).passthrough())
	.catch([]);

/** The event in which files that are missing have an error in place of their field. @param errors by field */
export function withoutFields(event: IDataObject, errors: Record<string, string>): IDataObject {
	if (Object.keys(errors).length === 0) return event;
	const attachments = attachmentsSchema.parse(event.attachments).map(({ field, ...attachment }) => {
		const error = field === undefined ? undefined : errors[field];
		if (error !== undefined) return { ...attachment, error };
		return { ...attachment, ...(field !== undefined && { field }) };
	});
	return { ...event, attachments };
}
