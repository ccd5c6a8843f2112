import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

import type { TalkdeskClient } from './client';
import { isProblem } from './errors';

const ROOT = ['attachments', '2023-03'];

/**
 * An attachment as Talkdesk describes it. The values of `state` aren't documented.
 * Source: docs.talkdesk.com/reference/get-an-attachment.
 */
const attachmentSchema = z
	.object({
		id: z.string().min(1),
		name: z.string(),
		state: z.string().optional(),
		size: z.coerce.number().nonnegative().optional(),
		type: z.string().optional(),
		metadata: z.record(z.unknown()).nullish(),
		provider: z.unknown(),
	})
	// Its links need a token; an output has no use for them.
	.transform(({ id, name, state, size, type, metadata }) => ({
		id,
		name,
		...(type !== undefined && { type }),
		...(size !== undefined && { size }),
		...(state !== undefined && { state }),
		...(metadata && { metadata }),
	}));

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
		tried: 'take a file',
		method: 'POST',
		path: [...ROOT, 'upload-link'],
		// Always a body: n8n leaves out one without any field.
		body: { allowed_mime_types: [type] },
		answer: z.object({ request_id: z.string().min(1), url: z.string().url() }),
	});
	return { requestId: answer.request_id, url: answer.url };
}

/**
 * Makes an attachment of the bytes that were put to an upload link.
 *
 * @throws TalkdeskApiError; its `problem.kind` is `conflict` where an attachment of that name exists: the bytes are
 * still there for another name
 * Source: docs.talkdesk.com/reference/create-an-attachment.
 */
export async function createAttachment(
	client: TalkdeskClient,
	{ name, requestId }: { name: string; requestId: string },
): Promise<Attachment> {
	const { answer } = await client.request({
		tried: `keep the file ${name}`,
		method: 'POST',
		path: ROOT,
		// A repetition would find its own name taken, and its upload used.
		repeatable: false,
		body: { name, request_id: requestId },
		answer: attachmentSchema,
	});
	return answer;
}

/** Source: docs.talkdesk.com/reference/get-an-attachment. @throws TalkdeskApiError */
export async function getAttachment(
	client: TalkdeskClient,
	attachmentId: string,
): Promise<Attachment> {
	const { answer } = await client.request({
		tried: 'find the attachment',
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
const pageSchema = z.object({
	total: z.number().optional(),
	_embedded: z.object({ list: z.array(attachmentSchema) }),
});

/**
 * Lists attachments, page by page.
 *
 * @param limit how many at most; Infinity for all
 * @throws TalkdeskApiError
 * Source: Talkdesk's OpenAPI description.
 */
export async function listAttachments(
	client: TalkdeskClient,
	filters: AttachmentFilters,
	limit: number,
): Promise<Attachment[]> {
	const found: Attachment[] = [];
	const perPage = Math.min(PER_PAGE, limit);
	for (let page = 1; found.length < limit; page++) {
		const query: IDataObject = { page, per_page: perPage };
		if (filters.name) query.name = filters.name;
		if (filters.types?.length) query.types = filters.types;
		if (filters.state) query.state = filters.state;
		const { answer } = await client.request({
			tried: 'list the attachments',
			method: 'GET',
			path: ROOT,
			query,
			answer: pageSchema,
		});
		const { list } = answer._embedded;
		found.push(...list);
		// A short page is the last one; `total` isn't relied on.
		if (list.length < perPage) break;
	}
	return found.slice(0, limit);
}

/** Source: Talkdesk's OpenAPI description. @throws TalkdeskApiError */
export async function deleteAttachment(
	client: TalkdeskClient,
	attachmentId: string,
): Promise<void> {
	const request = client.request({
		tried: 'delete the attachment',
		method: 'DELETE',
		path: [...ROOT, attachmentId],
		answer: z.unknown(),
	});
	await request.catch((error: unknown) => {
		const isOurs = isProblem(error, 'notFound') && error.problem.mayBeOurs;
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
		tried: 'give the file',
		method: 'GET',
		path: [...ROOT, attachmentId, 'download-link'],
		answer: z.object({ url: z.string().url() }).passthrough(),
	});
	return { url: answer.url };
}
