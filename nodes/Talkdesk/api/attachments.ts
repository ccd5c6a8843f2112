import type { IDataObject } from 'n8n-workflow';
import { ApplicationError } from 'n8n-workflow';
import { z } from 'zod';

import type { TalkdeskClient } from './client';
import { isProblem } from './errors';

const ROOT = ['attachments', '2023-03'];

/** A text that may be a number, or be missing in any way. */
const text = z
	.union([z.string(), z.number()])
	.transform(String)
	.optional()
	.catch(undefined)
	.transform((value) => value || undefined);

const id = z.union([z.string().min(1), z.number()]).transform(String);

/** A number that may be a text. What is missing isn't 0. */
const count = z
	.union([z.number(), z.string().trim().min(1).pipe(z.coerce.number())])
	.pipe(z.number().nonnegative())
	.optional()
	.catch(undefined);

/**
 * An attachment as Talkdesk describes it. Only its id is needed. The values of `state` aren't documented.
 *
 * @param ownName its name if the answer has none; by default it is called by its id
 * Source: docs.talkdesk.com/reference/get-an-attachment.
 */
const readAttachment = (ownName?: string) =>
	z
		.object({
			id,
			name: text,
			state: text,
			size: count,
			type: text,
			metadata: z.record(z.unknown()).optional().catch(undefined),
		})
		// Its links need a token; an output has no use for them.
		.transform(({ id, name = ownName ?? id, state, size, type, metadata }) => ({
			id,
			name,
			...(type !== undefined && { type }),
			...(size !== undefined && { size }),
			...(state !== undefined && { state }),
			...(metadata && { metadata }),
		}));

const attachmentSchema = readAttachment();

export type Attachment = z.output<typeof attachmentSchema>;

/**
 * Asks for a link to put a file to.
 *
 * @param file.type its MIME type, the only one that the link will take
 * @throws TalkdeskApiError
 * Source: docs.talkdesk.com/reference/get-attachment-upload-link.
 */
export async function requestUploadLink(
	client: TalkdeskClient,
	{ type }: { type: string },
): Promise<{ requestId: string; url: string }> {
	const { answer } = await client.request({
		action: 'take a file',
		method: 'POST',
		path: [...ROOT, 'upload-link'],
		// Always a body: n8n leaves out one without any field.
		body: { allowed_mime_types: [type] },
		answer: z.object({ request_id: id, url: z.string().url() }),
	});
	return { requestId: answer.request_id, url: answer.url };
}

/**
 * Makes an attachment of the bytes that were put to an upload link.
 *
 * @throws TalkdeskApiError; its `problem.kind` is `conflict` if an attachment of that name exists: the bytes are
 * still there for another name
 * Source: docs.talkdesk.com/reference/create-an-attachment.
 */
export async function createAttachment(
	client: TalkdeskClient,
	{ name, requestId }: { name: string; requestId: string },
): Promise<Attachment> {
	const { answer } = await client.request({
		action: `keep the file ${name}`,
		method: 'POST',
		path: ROOT,
		// A repetition would find its own name taken, and its upload used.
		repeatable: false,
		body: { name, request_id: requestId },
		answer: readAttachment(name),
	});
	return answer;
}

/** Source: docs.talkdesk.com/reference/get-an-attachment. @throws TalkdeskApiError */
export async function getAttachment(
	client: TalkdeskClient,
	attachmentId: string,
): Promise<Attachment> {
	const { answer } = await client.request({
		action: 'find the attachment',
		method: 'GET',
		path: [...ROOT, attachmentId],
		answer: attachmentSchema,
	});
	return answer;
}

/** What a list can be narrowed down by. Source: Talkdesk's OpenAPI description, which names them but not their forms. */
export interface AttachmentFilters {
	name?: string;
	/** MIME types; each is sent as a parameter of its own, as OpenAPI does by default. */
	types?: string[];
	state?: string;
}

const PER_PAGE = 100;
/** A list that goes on after so many pages has no end: something is wrong with the answers. */
const MOST_PAGES = 1_000;

/** Everything may be missing, and each entry is read for itself: what is odd costs that thing alone. */
const pageSchema = z.object({
	total: count,
	_embedded: z
		.object({ list: z.array(z.unknown()) })
		.optional()
		.catch(undefined),
	_links: z
		.object({ next: z.object({ href: z.string().min(1) }) })
		.optional()
		.catch(undefined),
});

/**
 * Lists attachments, page by page. What has no id can't be used for anything and is left out.
 *
 * @param limit how many at most; Infinity for all
 * @throws TalkdeskApiError; ApplicationError if the list has no end
 * Source: Talkdesk's OpenAPI description. It doesn't say how large a page may be, nor what the links look like, so it is asked
 * on until nothing new comes, or as many as there are in all.
 */
export async function listAttachments(
	client: TalkdeskClient,
	filters: AttachmentFilters,
	limit: number,
): Promise<Attachment[]> {
	const found = new Map<string, Attachment>();
	const wanted: IDataObject = { per_page: Math.min(PER_PAGE, limit) };
	if (filters.name) wanted.name = filters.name;
	if (filters.types?.length) wanted.types = filters.types;
	if (filters.state) wanted.state = filters.state;

	let place: IDataObject = { page: 1 };
	let listed = 0;
	for (let page = 1; page <= MOST_PAGES; page++) {
		const { answer } = await client.request({
			action: 'list the attachments',
			method: 'GET',
			path: ROOT,
			query: { ...wanted, ...place },
			answer: pageSchema,
		});
		const list = answer._embedded?.list ?? [];
		const before = found.size;
		for (const entry of list) {
			const attachment = attachmentSchema.safeParse(entry);
			if (attachment.success) found.set(attachment.data.id, attachment.data);
		}
		listed += list.length;
		const next = answer._links && queryOf(answer._links.next.href);
		const isOver = found.size === before || (!next && listed >= (answer.total ?? Infinity));
		if (isOver || found.size >= limit) return [...found.values()].slice(0, limit);
		place = next ?? { page: page + 1 };
	}
	throw new ApplicationError('The list of attachments has no end');
}

/** The query of a link. Nothing else of it is used: a link must not choose where our token goes. */
function queryOf(href: string): IDataObject | undefined {
	const { searchParams } = new URL(`?${href.split('?')[1] ?? ''}`, 'https://query.invalid');
	const names = new Set(searchParams.keys());
	const query: IDataObject = {};
	for (const name of names) {
		const values = searchParams.getAll(name);
		query[name] = values.length > 1 ? values : values[0];
	}
	return names.size > 0 ? query : undefined;
}

/** Source: Talkdesk's OpenAPI description. @throws TalkdeskApiError */
export async function deleteAttachment(
	client: TalkdeskClient,
	attachmentId: string,
): Promise<void> {
	const request = client.request({
		action: 'delete the attachment',
		method: 'DELETE',
		path: [...ROOT, attachmentId],
		answer: z.unknown(),
	});
	await request.catch((error: unknown) => {
		const isOurs = isProblem(error, 'notFound') && error.problem.earlierAttemptMayHaveSucceeded;
		if (!isOurs) throw error;
	});
}

/**
 * Asks for a link to fetch a file from. It dies after 600 seconds: use it at once, and never keep it.
 *
 * @throws TalkdeskApiError
 * Source: docs.talkdesk.com/reference/get-the-attachment-download-link.
 */
export async function requestDownloadLink(
	client: TalkdeskClient,
	attachmentId: string,
): Promise<{ url: string }> {
	const { answer } = await client.request({
		action: 'give the file',
		method: 'GET',
		path: [...ROOT, attachmentId, 'download-link'],
		answer: z.object({ url: z.string().url() }).passthrough(),
	});
	return { url: answer.url };
}
