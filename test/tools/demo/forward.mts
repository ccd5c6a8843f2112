import { openAsBlob } from 'node:fs';
import axios from 'axios';
import { z } from 'zod';

/** The example workflow's response to a message of a customer. */
const answerSchema = z.object({
	handledBy: z.enum(['bot', 'human']),
	reply: z.string().optional(),
	/** What was not delivered. */
	error: z.string().optional(),
});
export type Answer = z.output<typeof answerSchema>;

/** A message of a customer, as the example workflow accepts it. */
export interface Said {
	sessionId: string;
	text: string;
	/** The same when the chat sends the message again. */
	messageId?: string;
	email?: string;
	name?: string;
}

export interface SaidFile {
	name: string;
	type: string;
	/** The path of its bytes. */
	path: string;
}

/** A failure that the workflow itself reports, with a message for the customer. */
export class NotDelivered extends Error {}

const TIMEOUT_MS = 20_000;

/**
 * Sends a message of a customer to the example's webhook: as JSON, or with files as a form.
 *
 * @throws NotDelivered with the example's own message, if there is one; another error if n8n is down or has no such webhook
 */
export async function forward(
	webhookUrl: string,
	said: Said,
	files: readonly SaidFile[] = [],
): Promise<Answer> {
	const { status, data } = await axios.post<unknown>(
		webhookUrl,
		files.length ? await formOf(said, files) : said,
		{ timeout: TIMEOUT_MS, validateStatus: () => true, maxBodyLength: Infinity, proxy: false },
	);
	const answer = answerSchema.safeParse(data);
	if (status === 200 && answer.success) return answer.data;
	const words = answer.success ? answer.data.error : undefined;
	throw words ? new NotDelivered(words) : new Error(`n8n answered ${status}`);
}

async function formOf(said: Said, files: readonly SaidFile[]): Promise<FormData> {
	const form = new FormData();
	for (const [field, value] of Object.entries(said)) form.append(field, String(value));
	for (const [index, { name, type, path }] of files.entries()) {
		form.append(`file_${index}`, await openAsBlob(path, { type }), name);
	}
	return form;
}
