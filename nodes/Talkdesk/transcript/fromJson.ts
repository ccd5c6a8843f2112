import { z } from 'zod';

import type { PreviousMessage } from '../api/digitalConnect';

/** Who speaks, in the words of the forms that are understood. */
const SPEAKERS: Record<string, PreviousMessage['type']> = {
	user: 'user',
	human: 'user',
	customer: 'user',
	external: 'external',
	assistant: 'external',
	ai: 'external',
	bot: 'external',
};

const messageSchema = z
	.object({
		type: z.string().optional(),
		role: z.string().optional(),
		content: z.string(),
		created_at: z.string().datetime({ offset: true }).optional(),
	})
	.passthrough();

export type TranscriptResult =
	| { ok: true; messages: PreviousMessage[] }
	| { ok: false; problem: string; description: string };

const UNDERSTOOD =
	'Give a list of messages, each as { "role": "user" or "assistant", "content": "…" } or as { "type": "user" or "external", "content": "…", "created_at": "2026-01-31T12:00:00Z" }.';

/**
 * Reads a transcript from an expression or a JSON text.
 * Messages without a time get times that keep their order and end now; empty messages and system messages are left out.
 *
 * @param value a list of messages, or its JSON text; nothing, or an empty text, is an empty transcript
 * @param now milliseconds since 1970
 * @returns the messages as Talkdesk takes them, or what is wrong with the first that isn't understood
 */
export function transcriptFromJson(value: unknown, now: number): TranscriptResult {
	const read = typeof value === 'string' ? parseJson(value) : { ok: true as const, value };
	if (!read.ok) {
		return {
			ok: false,
			problem: 'The parameter Transcript is not valid JSON',
			description: UNDERSTOOD,
		};
	}
	const list = read.value ?? [];
	if (!Array.isArray(list)) {
		return {
			ok: false,
			problem: 'The parameter Transcript is not a list',
			description: UNDERSTOOD,
		};
	}

	const messages: Array<Omit<PreviousMessage, 'created_at'> & { created_at?: string }> = [];
	for (const [index, entry] of list.entries()) {
		const parsed = messageSchema.safeParse(entry);
		const who = parsed.success ? (parsed.data.role ?? parsed.data.type ?? '').toLowerCase() : '';
		if (parsed.success && who === 'system') continue;
		const type = SPEAKERS[who];
		if (!parsed.success || !type) {
			return {
				ok: false,
				problem: `The parameter Transcript has a message that isn't understood, number ${index + 1}: ${JSON.stringify(entry)?.slice(0, 200)}`,
				description: UNDERSTOOD,
			};
		}
		const content = parsed.data.content.trim();
		if (content) messages.push({ type, content, created_at: parsed.data.created_at });
	}
	return {
		ok: true,
		messages: messages.map((message, index) => ({
			...message,
			created_at:
				message.created_at ?? new Date(now - (messages.length - 1 - index) * 1000).toISOString(),
		})),
	};
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false } {
	if (text.trim() === '') return { ok: true, value: [] };
	try {
		return { ok: true, value: JSON.parse(text) };
	} catch {
		return { ok: false };
	}
}
