import type { IDataObject } from 'n8n-workflow';
import { ApplicationError } from 'n8n-workflow';
import { z } from 'zod';

import type { TalkdeskClient } from './client';
import { isProblem } from './errors';

const ROOT = ['attachments', '2023-03'];

/** Text or a number; undefined for anything else. */
const text = z
	.union([z.string(), z.number()])
	.transform(String)
	.optional()
	.catch(undefined)
	.transform((value) => value || undefined);

const id = z.union([z.string().min(1), z.number()]).transform(String);

/** A number or numeric text; undefined for anything else. */
const count = z
	.union([z.number(), z.string().trim().min(1).pipe(z.coerce.number())])
	.pipe(z.number().nonnegative())
	.optional()
	.catch(undefined);

/**
 * The schema of an attachment. Only its ID is required; the values of `state` aren't documented.
 *
 * @param fallbackName the name if the response has none; the ID by default
 * Source: docs.talkdesk.com/reference/get-an-attachment.
 */
const attachmentSchemaNamed = (fallbackName?: string) =>
	z
		.object({
			id,
			name: text,
			state: text,
			size: count,
			type: text,
			metadata: z.record(z.unknown()).optional().catch(undefined),
		})
		// Without its links, which need a token.
		.transform(({ id, name = fallbackName ?? id, state, size, type, metadata }) => ({
			id,
			name,
			...(type !== undefined && { type }),
			...(size !== undefined && { size }),
			...(state !== undefined && { state }),
			...(metadata && { metadata }),
		}));

const attachmentSchema = attachmentSchemaNamed();

export type Attachment = z.output<typeof attachmentSchema>;

/**
 * Requests a link for one upload.
 *
 * @param file.type MIME type; the link accepts no other
 * @throws TalkdeskApiError
 * Source: docs.talkdesk.com/reference/get-attachment-upload-link.
 */
export async function requestUploadLink(
	client: TalkdeskClient,
	{ type }: { type: string },
): Promise<{ requestId: string; url: string }> {
	const { data } = await client.request({
		action: 'prepare the upload',
		method: 'POST',
		path: [...ROOT, 'upload-link'],
		// Never an empty body: docs/decisions/0023.
		body: { allowed_mime_types: [type] },
		responseSchema: z.object({ request_id: id, url: z.string().url() }),
	});
	return { requestId: data.request_id, url: data.url };
}

/**
 * Creates an attachment from an uploaded file.
 *
 * @throws TalkdeskApiError, of the kind `conflict` if the name is taken; the upload can then be used with another name
 * Source: docs.talkdesk.com/reference/create-an-attachment.
 */
export async function createAttachment(
	client: TalkdeskClient,
	{ name, requestId }: { name: string; requestId: string },
): Promise<Attachment> {
	const { data } = await client.request({
		action: `save the file ${name}`,
		method: 'POST',
		path: ROOT,
		// docs/decisions/0022.
		repeatable: false,
		body: { name, request_id: requestId },
		responseSchema: attachmentSchemaNamed(name),
	});
	return data;
}

/**
 * Gets one attachment.
 *
 * @throws TalkdeskApiError
 * Source: docs.talkdesk.com/reference/get-an-attachment.
 */
export async function getAttachment(
	client: TalkdeskClient,
	attachmentId: string,
): Promise<Attachment> {
	const { data } = await client.request({
		action: 'get the attachment',
		method: 'GET',
		path: [...ROOT, attachmentId],
		responseSchema: attachmentSchema,
	});
	return data;
}

/** Filters of a list. Source: Talkdesk's OpenAPI description, which has their names but not their formats. */
export interface AttachmentFilters {
	name?: string;
	/** MIME types, sent as repeated parameters: OpenAPI's default. */
	types?: string[];
	state?: string;
}

const PER_PAGE = 100;
/** More pages than any account has: the responses repeat. */
const MAX_PAGES = 1_000;

/** One page. All fields are optional, and invalid entries are dropped later. */
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
 * Lists attachments, page by page. Entries without an ID are dropped.
 *
 * @param limit the maximum number; Infinity for all
 * @throws TalkdeskApiError; ApplicationError if the list doesn't end
 * Source: Talkdesk's OpenAPI description. It has neither the page size nor the format of links, so the last page is the one
 * without new entries, or that reaches `total` (inferred).
 */
export async function listAttachments(
	client: TalkdeskClient,
	filters: AttachmentFilters,
	limit: number,
): Promise<Attachment[]> {
	const attachments = new Map<string, Attachment>();
	const filterQuery: IDataObject = { per_page: Math.min(PER_PAGE, limit) };
	if (filters.name) filterQuery.name = filters.name;
	if (filters.types?.length) filterQuery.types = filters.types;
	if (filters.state) filterQuery.state = filters.state;

	let pageQuery: IDataObject = { page: 1 };
	let listed = 0;
	for (let page = 1; page <= MAX_PAGES; page++) {
		const { data } = await client.request({
			action: 'list the attachments',
			method: 'GET',
			path: ROOT,
			query: { ...filterQuery, ...pageQuery },
			responseSchema: pageSchema,
		});
		const list = data._embedded?.list ?? [];
		const countBefore = attachments.size;
		for (const entry of list) {
			const attachment = attachmentSchema.safeParse(entry);
			if (attachment.success) attachments.set(attachment.data.id, attachment.data);
		}
		listed += list.length;
		const next = data._links && queryOf(data._links.next.href);
		const isLastPage =
			attachments.size === countBefore || (!next && listed >= (data.total ?? Infinity));
		if (isLastPage || attachments.size >= limit) return [...attachments.values()].slice(0, limit);
		pageQuery = next ?? { page: page + 1 };
	}
	throw new ApplicationError('The list of attachments does not end');
}

/** The query of a link. Its host isn't used, since the token must not go to another host. */
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

/**
 * Deletes one attachment.
 *
 * @throws TalkdeskApiError
 * Source: Talkdesk's OpenAPI description.
 */
export async function deleteAttachment(
	client: TalkdeskClient,
	attachmentId: string,
): Promise<void> {
	const request = client.request({
		action: 'delete the attachment',
		method: 'DELETE',
		path: [...ROOT, attachmentId],
		responseSchema: z.unknown(),
	});
	await request.catch((error: unknown) => {
		const deletedByEarlierAttempt =
			isProblem(error, 'notFound') && error.problem.earlierAttemptMayHaveSucceeded;
		if (!deletedByEarlierAttempt) throw error;
	});
}

/**
 * Requests a link for one download. It expires after 600 seconds.
 *
 * @throws TalkdeskApiError
 * Source: docs.talkdesk.com/reference/get-the-attachment-download-link.
 */
export async function requestDownloadLink(
	client: TalkdeskClient,
	attachmentId: string,
): Promise<{ url: string }> {
	const { data } = await client.request({
		action: 'provide the file',
		method: 'GET',
		path: [...ROOT, attachmentId, 'download-link'],
		responseSchema: z.object({ url: z.string().url() }).passthrough(),
	});
	return { url: data.url };
}
