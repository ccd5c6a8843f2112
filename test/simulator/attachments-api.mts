import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Attachments, StoredAttachment } from './attachments.mts';
import {
	attachmentListQuery,
	attachmentsPath,
	createAttachmentBody,
	deleteAttachmentBody,
	uploadLinkBody,
	type AttachmentListQuery,
} from './contract.mts';
import type { OAuthServer } from './oauth.mts';
import type { Settings } from './options.mts';
import { parseBody, ApiError } from './errors.mts';
import type { Storage } from './storage.mts';
import type { Violations } from './violations.mts';
import type { WireLog } from './wire-log.mts';

interface Dependencies {
	settings: () => Settings;
	identity: OAuthServer;
	attachments: Attachments;
	storage: Storage;
	violations: Violations;
	log: WireLog;
	/** Gives the API base URL of links. */
	base: () => string;
}

type WithId = { Params: { id: string } };

/**
 * Routes of the Attachments API (docs/attachments-api and its reference pages; the OpenAPI bundle for list and delete).
 *
 * A request is checked in this order: address (403), token (401), scope (403), body or query (400), existence (404), and for
 * Create what was uploaded (400) before the name (409). The order is inferred, as for Digital Connect.
 */
export function attachmentsApi(dependencies: Dependencies) {
	const { settings, identity, attachments, storage, violations, log } = dependencies;
	const folder = () => dependencies.base() + attachmentsPath;

	/** Runs before the body is parsed: an unauthenticated client gets no details about it. */
	const authorize = (scope: string) => ({
		async onRequest(request: FastifyRequest) {
			if (!settings().addressAllowed) {
				throw new ApiError(403, 'Calls from this address are not allowed');
			}
			identity.authorize(request.headers.authorization, scope);
		},
	});

	function find({ params: { id } }: FastifyRequest<WithId>): StoredAttachment {
		const attachment = attachments.get(id);
		if (!attachment) throw new ApiError(404, 'There is no such attachment');
		return attachment;
	}

	/** The upload for a new attachment. */
	function requireUpload(requestId: string | undefined) {
		const upload = attachments.upload(requestId ?? '');
		const wrong = (description: string) =>
			new ApiError(400, 'The request is not valid', {
				fields: [{ name: 'request_id', description }],
			});
		if (requestId === undefined) throw wrong('is needed');
		if (!upload) throw wrong('is not known');
		if (upload.state === 'used') throw wrong('has an attachment already');
		const { content } = upload;
		if (!content) throw wrong('has no upload yet');
		return { upload, content };
	}

	function resource({ id, name, state, size, type, metadata }: StoredAttachment) {
		const href = `${folder()}/${id}`;
		return {
			...{ id, name, state, size, type },
			...(metadata === undefined ? {} : { metadata }),
			_links: { self: { href }, download_link: { href: `${href}/download-link` } },
		};
	}

	return async function routes(app: FastifyInstance) {
		app.post(
			`${attachmentsPath}/upload-link`,
			authorize('attachments:request'),
			async (request, reply) => {
				const { allowed_mime_types } = parseBody(uploadLinkBody, request.body);
				const upload = attachments.requestUpload(allowed_mime_types);
				log.note(request, { summary: `upload ${upload.requestId}` });
				// 200, not 201: all these pages say so.
				return reply.send({ request_id: upload.requestId, url: storage.uploadLink(upload) });
			},
		);

		// The documentation writes the path with a slash at the end, whose meaning is unknown: both are accepted.
		for (const path of [attachmentsPath, `${attachmentsPath}/`]) {
			app.post(path, authorize('attachments:write'), async (request, reply) => {
				const body = parseBody(createAttachmentBody, request.body);
				const { upload, content } = requireUpload(body.request_id);
				const { name = upload.requestId, metadata } = body;
				violations.checkValues(`POST ${attachmentsPath}`, { name });
				const { attachmentNames, uploadsAfterConflict } = settings();
				if (
					attachmentNames === 'unique' &&
					attachments.all().some((other) => other.name === name)
				) {
					if (uploadsAfterConflict === 'spent') upload.state = 'used';
					throw new ApiError(409, 'There is an attachment of this name');
				}
				const attachment = attachments.create(content, { name, metadata, createdBy: 'api' });
				upload.state = 'used';
				log.note(request, { summary: `attachment ${attachment.id}: ${name}` });
				return reply.send(resource(attachment));
			});

			app.get(path, authorize('attachments:read'), async (request) => {
				const query = parseListQuery(request.query);
				const found = attachments.all().filter(matches(query));
				const page = settings().attachmentPageIgnored ? 1 : query.page;
				const per_page = Math.min(query.per_page, settings().attachmentPageLimit);
				violations.checkValues(`GET ${attachmentsPath}`, { name: query.name });
				const list = found.slice((page - 1) * per_page, page * per_page).map(resource);
				const link = (target: number) => ({ href: linkTo(folder(), request.url, target) });
				return {
					...{ total: found.length, page, per_page, _embedded: { list } },
					_links: {
						self: link(page),
						...(page > 1 ? { prev: link(page - 1) } : {}),
						...(page * per_page < found.length ? { next: link(page + 1) } : {}),
					},
				};
			});
		}

		const one = `${attachmentsPath}/:id`;

		app.get<WithId>(one, authorize('attachments:read'), async (request) => resource(find(request)));

		app.delete<WithId>(one, authorize('attachments:write'), async (request, reply) => {
			parseBody(deleteAttachmentBody, request.body);
			const attachment = find(request);
			await attachments.remove(attachment);
			log.note(request, { summary: `deleted ${attachment.name}` });
			return reply.code(204).send();
		});

		app.get<WithId>(`${one}/download-link`, authorize('attachments:download'), async (request) => {
			const attachment = find(request);
			const failure = settings().downloadLinkFailure({ id: attachment.id });
			if (failure !== undefined) throw new ApiError(failure, 'A failure that an option asked for');
			const { url, expiresAt } = storage.downloadLink(attachment);
			return { url, expire_time: new Date(expiresAt).toISOString() };
		});
	};
}

/** Parses the query of List. `metadata[key]=value` becomes an object, so that errors name it like any nested field. */
function parseListQuery(query: unknown): AttachmentListQuery {
	const given: Record<string, unknown> = {};
	const metadata: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(query ?? {})) {
		const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
		if (key === undefined) given[name] = value;
		else metadata[key] = value;
	}
	return parseBody(
		attachmentListQuery,
		Object.keys(metadata).length ? { metadata, ...given } : given,
	);
}

const matches =
	({ name, types, metadata = {}, state }: AttachmentListQuery) =>
	(attachment: StoredAttachment) =>
		(name === undefined || attachment.name === name) &&
		(types === undefined || types.includes(attachment.type)) &&
		(state === undefined || attachment.state === state) &&
		Object.entries(metadata).every(([key, value]) => attachment.metadata?.[key] === value);

/** The URL of another page of the same list. */
function linkTo(folder: string, asked: string, page: number): string {
	const { searchParams } = new URL(asked, folder);
	searchParams.set('page', String(page));
	return `${folder}?${searchParams.toString()}`;
}
