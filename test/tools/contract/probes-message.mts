import { z } from 'zod';

import type { Answer } from './api.mts';
import { codeOf, ENDED_CODE, isSuccess, newKey, unknownId, type Context } from './probe.mts';
import { probeStartAfterEnd, type Started } from './probes-start.mts';
import { describeAnswer, timeForm } from './shape.mts';

const CONTENT = 'Contract check, please ignore';

const sentSchema = z.object({
	id: z.union([z.string(), z.number()]),
	created_at: z.string().datetime({ offset: true }),
	message_id: z.union([z.string().min(1), z.number()]),
});
const idsSchema = z.object({ id: z.unknown(), message_id: z.unknown(), created_at: z.unknown() });

function fieldsOf({ body }: Answer) {
	const parsed = idsSchema.safeParse(body);
	return parsed.success ? parsed.data : {};
}

export const messagesOf = (id: string) =>
	`/digital-connect/conversations/${encodeURIComponent(id)}/messages`;

/** What a repeated message has given, compared with the first one. */
function compare(first: Answer, again: Answer): { isSame: boolean | undefined; seen: string } {
	const [one, two] = [fieldsOf(first).message_id, fieldsOf(again).message_id];
	if (!isSuccess(again)) return { isSame: false, seen: describeAnswer(again) };
	if (one === undefined || one === null || two === undefined || two === null) {
		return { isSame: undefined, seen: 'no message_id to compare' };
	}
	const isSame = String(one) === String(two);
	return { isSame, seen: `${again.status}, ${isSame ? 'the same' : 'another'} message_id` };
}

/** A message that was sent, to be repeated later. */
export interface SentOnce {
	key: string;
	answer: Answer;
}

/** Sends messages, repeats one, and sends it to another conversation. */
export async function probeMessages(
	context: Context,
	first: Started,
	second: Started,
): Promise<SentOnce> {
	const { api, findings } = context;
	const send = async (id: string, body: object, key = newKey(context)) =>
		await api.call('POST', messagesOf(id), { body, key });

	const empty = await send(first.id, {});
	findings.record('send.empty', empty.status === 400, describeAnswer(empty));
	const unknown = await send(unknownId(), { content: CONTENT });
	findings.record('send.unknown', unknown.status === 404, describeAnswer(unknown));

	const key = newKey(context);
	const answer = await send(first.id, { content: CONTENT }, key);
	const sent = sentSchema.safeParse(answer.body);
	const { id, message_id: messageId, created_at: createdAt } = fieldsOf(answer);
	findings.record(
		'send.fields',
		answer.status === 201 && sent.success && String(id) === first.id,
		`${describeAnswer(answer)}, created_at: ${timeForm(createdAt)}`,
	);
	if (messageId !== undefined && messageId !== null) {
		findings.record('ids.text', typeof messageId === 'string', `message_id: ${typeof messageId}`);
	}

	const repeated = compare(answer, await send(first.id, { content: CONTENT }, key));
	findings.record('send.key', repeated.isSame ?? 'unclear', repeated.seen);
	if (!findings.holds('send.key')) {
		findings.record('send.key-elsewhere', 'unclear', 'keys have no effect');
	} else {
		const elsewhere = compare(answer, await send(second.id, { content: CONTENT }, key));
		findings.record('send.key-elsewhere', elsewhere.isSame ?? 'unclear', elsewhere.seen);
	}
	return { key, answer };
}

/** Ends the first conversation, and does everything again that can't be done then. */
export async function probeEnd(
	context: Context,
	first: Started,
	sent: SentOnce | undefined,
): Promise<void> {
	const { api, created, findings } = context;
	const ended = await created.end(first.id);
	const { status, body } = ended;
	findings.record('end.status', status === 204 && body === undefined, describeAnswer(ended));
	if (!isSuccess(ended)) return;

	const send = async (key: string) =>
		await api.call('POST', messagesOf(first.id), { body: { content: CONTENT }, key });
	const late = await send(newKey(context));
	const code = codeOf(late);
	findings.record('send.ended-code', code === ENDED_CODE, describeAnswer(late));
	findings.record('send.ended-status', late.status === 409, String(late.status));

	const again = await created.end(first.id);
	const isEndedCode = codeOf(again) === (code ?? ENDED_CODE);
	findings.record('end.again', !isSuccess(again) && isEndedCode, describeAnswer(again));
	const unknown = await created.end(unknownId());
	findings.record('end.unknown', unknown.status === 404, describeAnswer(unknown));

	if (!sent || !findings.holds('send.key')) {
		findings.record('send.key-after-end', 'unclear', 'keys have no effect');
	} else {
		const { isSame, seen } = compare(sent.answer, await send(sent.key));
		findings.record('send.key-after-end', isSame ?? 'unclear', seen);
	}
	await probeStartAfterEnd(context, first);
}
