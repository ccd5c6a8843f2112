import { z } from 'zod';

import type { Answer, RawApi } from './api.mts';

const CONVERSATIONS = '/digital-connect/conversations';
export const ATTACHMENTS = '/attachments/2023-03';

const idSchema = z.object({ id: z.union([z.string().min(1), z.number()]).transform(String) });
const listSchema = z.object({ _embedded: z.object({ list: z.array(z.unknown()) }) });

/** The ID in an answer, as text. */
export function idOf({ status, body }: Answer): string | undefined {
	const parsed = idSchema.safeParse(status < 300 ? body : undefined);
	return parsed.success ? parsed.data.id : undefined;
}

/** What the check has made in Talkdesk, and removes at its end. */
export interface Created {
	/** Starts a conversation. */
	start(body: object, options: { key: string; token?: string }): Promise<Answer>;
	/** Ends a conversation. */
	end(id: string): Promise<Answer>;
	/** Creates an attachment. */
	attach(body: { name: string; request_id: string }): Promise<Answer>;
	/** Deletes an attachment. */
	remove(id: string): Promise<Answer>;
	/** Ends and deletes whatever is left. @returns what could not be removed */
	cleanUp(): Promise<string[]>;
}

/** Creates an empty list of what was made. */
export function createLedger(api: RawApi): Created {
	const conversations = new Set<string>();
	const attachments = new Set<string>();
	/** Names of attachments whose creation may have had an unknown outcome. */
	const names = new Set<string>();
	/** Starts that had no answer, or an unclear one: the same request again gives what it made. */
	const unanswered = new Map<string, { body: object; token?: string }>();

	const start: Created['start'] = async (body, { key, token }) => {
		unanswered.set(key, { body, ...(token !== undefined && { token }) });
		const answer = await api.call('POST', CONVERSATIONS, {
			...{ body, key },
			...(token !== undefined && { token }),
		});
		const id = idOf(answer);
		if (id !== undefined) conversations.add(id);
		if (id !== undefined || (answer.status >= 400 && answer.status < 500)) unanswered.delete(key);
		return answer;
	};

	const end: Created['end'] = async (id) => {
		const answer = await api.call('DELETE', `${CONVERSATIONS}/${encodeURIComponent(id)}`);
		// It is refused if the conversation has ended already, with an unknown status.
		const { status } = answer;
		if (status < 300 || (status < 500 && ![401, 403, 408, 429].includes(status))) {
			conversations.delete(id);
		}
		return answer;
	};

	const remove: Created['remove'] = async (id) => {
		const answer = await api.call('DELETE', `${ATTACHMENTS}/${encodeURIComponent(id)}`);
		if (answer.status < 300 || answer.status === 404) attachments.delete(id);
		return answer;
	};

	async function findByName(name: string) {
		const { body } = await api.call('GET', ATTACHMENTS, { query: { name } });
		const parsed = listSchema.safeParse(body);
		if (!parsed.success) return;
		for (const entry of parsed.data._embedded.list) {
			const found = idSchema.extend({ name: z.literal(name) }).safeParse(entry);
			if (found.success) attachments.add(found.data.id);
		}
		names.delete(name);
	}

	return {
		start,
		end,
		async attach(body) {
			names.add(body.name);
			const answer = await api.call('POST', ATTACHMENTS, { body });
			const id = idOf(answer);
			if (id !== undefined) attachments.add(id);
			if (id !== undefined || (answer.status >= 400 && answer.status < 500)) {
				names.delete(body.name);
			}
			return answer;
		},
		remove,
		async cleanUp() {
			api.allowCleanup();
			const ignored = () => undefined;
			for (const [key, { body, token }] of unanswered) {
				await start(body, { key, ...(token !== undefined && { token }) }).catch(ignored);
			}
			for (const id of conversations) await end(id).catch(ignored);
			for (const name of names) await findByName(name).catch(ignored);
			for (const id of attachments) await remove(id).catch(ignored);
			return [
				...[...unanswered.keys()].map(() => 'a conversation whose start had no answer'),
				...[...conversations].map((id) => `the conversation ${id}`),
				...[...attachments].map((id) => `the attachment ${id}`),
				...[...names].map((name) => `perhaps an attachment ${name}`),
			];
		},
	};
}
