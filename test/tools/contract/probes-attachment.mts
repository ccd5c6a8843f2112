import { z } from 'zod';

import type { Answer } from './api.mts';
import { ATTACHMENTS, idOf } from './created.mts';
import { isSuccess, newKey, unknownId, verdictOf, type Context } from './probe.mts';
import { messagesOf } from './probes-message.mts';
import type { Started } from './probes-start.mts';
import { describeAnswer, enumWord, timeForm } from './shape.mts';

const TYPE = 'text/plain';
const BYTES = Buffer.from('Contract check, please ignore\n');

const linkSchema = z.object({ request_id: z.string().min(1), url: z.string().url() });
type Link = z.output<typeof linkSchema>;
const resourceSchema = z.object({
	id: z.string().min(1),
	name: z.string().min(1),
	state: z.string().min(1),
	type: z.string().min(1),
	size: z.number(),
});
const looseSchema = z
	.object({ name: z.unknown(), type: z.unknown(), state: z.unknown(), size: z.unknown() })
	.partial();
const listSchema = z.object({
	total: z.number(),
	_embedded: z.object({ list: z.array(z.object({ id: z.unknown(), name: z.unknown() })) }),
});
const downloadSchema = z.object({ url: z.string().url(), expire_time: z.unknown() });
const partialSchema = z.object({ partial_fail_reason: z.string().min(1) });

/** An attachment as Send takes it. */
export interface Reference {
	id: string;
	name: string;
	type: string;
	size: number;
}

const pathOf = (id: string) => `${ATTACHMENTS}/${encodeURIComponent(id)}`;

/** The names in a signed link, and which headers it has signed: they aren't secret. */
function describeLink(url: string): string {
	const { host, searchParams } = new URL(url);
	const place = /(?:^|\.)amazonaws\.com$/.test(host) ? 'amazonaws.com' : 'another host';
	const signed = searchParams.get('X-Amz-SignedHeaders');
	const headers = signed !== null && /^[a-z0-9;-]{1,80}$/.test(signed) ? ` (${signed})` : '';
	return `${place}, ${[...new Set(searchParams.keys())].sort().join(' ')}${headers}`;
}

async function requestLink({ api }: Context): Promise<Link | Answer> {
	const answer = await api.call('POST', `${ATTACHMENTS}/upload-link`, {
		body: { allowed_mime_types: [TYPE] },
	});
	const parsed = linkSchema.safeParse(isSuccess(answer) ? answer.body : undefined);
	return parsed.success ? parsed.data : answer;
}

/** The second upload: without its type, and then under a name that is taken. */
async function probeConflict(context: Context, name: string): Promise<void> {
	const { api, created, findings } = context;
	const link = await requestLink(context);
	if (!('url' in link)) return;
	const untyped = await api.storage('PUT', link.url, { data: BYTES });
	const isRefused = !isSuccess(untyped);
	findings.record('upload.type', isRefused, `PUT without a type: ${untyped.status}`);
	if (isRefused && !isSuccess(await api.storage('PUT', link.url, { data: BYTES, type: TYPE }))) {
		return;
	}
	const taken = await created.attach({ name, request_id: link.request_id });
	findings.record(
		'attachment.name-taken',
		verdictOf(taken, taken.status === 409),
		describeAnswer(taken),
	);
	if (isSuccess(taken)) return;
	const request = { name: `again-${name}`, request_id: link.request_id };
	const renamed = await created.attach(request);
	findings.record('attachment.other-name', isSuccess(renamed), describeAnswer(renamed));
}

async function probeReading(context: Context, { id, name }: Reference): Promise<void> {
	const { api, findings } = context;
	const answer = await api.call('GET', ATTACHMENTS, { query: { name, page: 1, per_page: 10 } });
	const parsed = listSchema.safeParse(answer.body);
	const list = parsed.success ? parsed.data._embedded.list : [];
	findings.record(
		'attachment.list',
		verdictOf(
			answer,
			list.some((each) => each.id === id) && list.every((each) => each.name === name),
		),
		parsed.success ? `${list.length} of that name` : describeAnswer(answer),
	);

	const linkAnswer = await api.call('GET', `${pathOf(id)}/download-link`);
	const link = downloadSchema.safeParse(linkAnswer.body);
	if (!link.success) {
		return findings.record(
			'attachment.download',
			verdictOf(linkAnswer, false),
			describeAnswer(linkAnswer),
		);
	}
	const { url, expire_time: expireTime } = link.data;
	const file = await api.storage('GET', url);
	findings.record(
		'attachment.download',
		file.status === 200 && file.body === BYTES.toString() && typeof expireTime === 'string',
		`${file.status} from ${describeLink(url)}; expire_time: ${timeForm(expireTime)}`,
	);
}

async function probeSending(context: Context, file: Reference, to: Started): Promise<void> {
	const { api, findings } = context;
	const content = 'Contract check, please ignore';
	const send = async (body: object) =>
		await api.call('POST', messagesOf(to.id), { body, key: newKey(context) });

	const numeric = await send({ content, attachments: [file] });
	let attachment: object = file;
	if (isSuccess(numeric)) findings.record('send.size', true, describeAnswer(numeric));
	else {
		const asText = { ...file, size: String(file.size) };
		const textual = await send({ content, attachments: [asText] });
		const seen = `number: ${describeAnswer(numeric)}; text: ${describeAnswer(textual)}`;
		findings.record('send.size', isSuccess(textual) ? false : 'unclear', seen);
		if (!isSuccess(textual)) return;
		attachment = asText;
	}
	const alone = await send({ attachments: [attachment] });
	findings.record('send.attachments-only', isSuccess(alone), describeAnswer(alone));

	const missing = await send({ content, attachments: [{ ...attachment, id: unknownId() }] });
	findings.record(
		'send.missing-attachment',
		missing.status === 206 ? partialSchema.safeParse(missing.body).success : !isSuccess(missing),
		describeAnswer(missing),
	);
}

/**
 * Uploads a file, and does with it what the package does.
 *
 * @param to a conversation to send it to
 * @returns the attachment; none if it could not be made
 */
export async function probeAttachments(
	context: Context,
	to: Started | undefined,
): Promise<Reference | undefined> {
	const { api, created, findings, run } = context;
	const link = await requestLink(context);
	if (!('url' in link)) {
		findings.record('upload.put', 'unclear', describeAnswer(link));
		return undefined;
	}
	const put = await api.storage('PUT', link.url, { data: BYTES, type: TYPE });
	findings.record('upload.put', isSuccess(put), `${put.status} from ${describeLink(link.url)}`);
	if (!isSuccess(put)) return undefined;

	const name = `contract-check-${run}.txt`;
	const made = await created.attach({ name, request_id: link.request_id });
	const id = idOf(made);
	if (id === undefined) {
		findings.record('attachment.fields', 'unclear', describeAnswer(made));
		return undefined;
	}
	const current = await api.call('GET', pathOf(id));
	// Without attachments:read, there is nothing more to see.
	const answers = isSuccess(current) ? [made, current] : [made];
	const strict = answers.map(({ body }) => resourceSchema.safeParse(body));
	const states = answers.map(({ body }) => enumWord(looseSchema.safeParse(body).data?.state));
	findings.record(
		'attachment.fields',
		strict.every((each) => each.data?.size === BYTES.length && each.data.name === name),
		`${describeAnswer(made)}; state: ${states.map((state) => state ?? 'no word').join(', then ')}`,
	);

	await probeConflict(context, name);
	const file = { id, name, type: TYPE, size: BYTES.length };
	await probeReading(context, file);
	if (to) await probeSending(context, file, to);
	return file;
}

/** Deletes the attachment, and looks for it. */
export async function probeDeletion(
	{ api, created, findings }: Context,
	{ id }: Reference,
): Promise<void> {
	const deleted = await created.remove(id);
	const after = await api.call('GET', pathOf(id));
	findings.record(
		'attachment.delete',
		verdictOf(after, deleted.status === 204 && after.status === 404),
		`${describeAnswer(deleted)}; then ${describeAnswer(after)}`,
	);
}
