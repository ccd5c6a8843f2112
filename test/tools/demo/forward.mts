import { openAsBlob } from 'node:fs';
import axios from 'axios';
import { z } from 'zod';

/** What the example workflow answers to a customer's message. */
const answerSchema = z.object({
	handledBy: z.enum(['bot', 'human']),
	reply: z.string().optional(),
	/** What of the message didn't get through. */
	error: z.string().optional(),
});
export type Answer = z.output<typeof answerSchema>;

/** What a customer says, as the example workflow takes it. */
export interface Said {
	sessionId: string;
	text: string;
	email?: string;
	name?: string;
}

export interface SaidFile {
	name: string;
	type: string;
	/** Where its bytes are. */
	path: string;
}

/** n8n's workflow itself says that it couldn't do its part, in words for the customer. */
export class NotDelivered extends Error {}

const TIMEOUT_MS = 20_000;

/**
 * Brings what a customer says to the example's webhook: as JSON, and with files as a form.
 *
 * @throws NotDelivered with the example's own words, where it gave some; another error when n8n is away or has no such webhook
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
