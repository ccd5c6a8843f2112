import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Attachments, KeptAttachment } from './attachments.mts';
import {
	attachmentListQuery,
	attachmentsPath,
	createAttachmentBody,
	deleteAttachmentBody,
	uploadLinkBody,
	type AttachmentListQuery,
} from './contract.mts';
import type { Identity } from './oauth.mts';
import type { Settings } from './options.mts';
import { readBody, Refusal } from './errors.mts';
import type { Storage } from './storage.mts';
import type { Violations } from './violations.mts';
import type { WireLog } from './wire-log.mts';

interface Surroundings {
	settings: () => Settings;
	identity: Identity;
	attachments: Attachments;
	storage: Storage;
	violations: Violations;
	log: WireLog;
	/** Gives the API base URL, which links begin with. */
	base: () => string;
}

type WithId = { Params: { id: string } };

/**
 * Adds the Attachments API to a server (docs/attachments-api and its reference pages; the OpenAPI bundle for list and delete).
 *
 * A request is checked in this order: address (403), token (401), scope (403), body or query (400), existence (404), and for
 * Create what was uploaded (400) before the name (409). The order is inferred, as for Digital Connect.
 */
export function attachmentsApi(surroundings: Surroundings) {
	const { settings, identity, attachments, storage, violations, log } = surroundings;
	const folder = () => surroundings.base() + attachmentsPath;

	/** Runs before the body is read, so that a stranger never hears that his body is wrong. */
	const admit = (scope: string) => ({
		async onRequest(request: FastifyRequest) {
			if (!settings().addressAllowed) {
				throw new Refusal(403, 'Calls from this address are not allowed');
			}
			identity.require(request.headers.authorization, scope);
		},
	});

	function find({ params: { id } }: FastifyRequest<WithId>): KeptAttachment {
		const attachment = attachments.get(id);
		if (!attachment) throw new Refusal(404, 'There is no such attachment');
		return attachment;
	}

	/** The upload that a new attachment is made of. It stays as it is until there is an attachment. */
	function needUpload(requestId: string | undefined) {
		const upload = attachments.upload(requestId ?? '');
		const wrong = (description: string) =>
			new Refusal(400, 'The request is not valid', {
				fields: [{ name: 'request_id', description }],
			});
		if (requestId === undefined) throw wrong('is needed');
		if (!upload) throw wrong('is not known');
		if (upload.state === 'used') throw wrong('has an attachment already');
		const { content } = upload;
		if (!content) throw wrong('has no upload yet');
		return { upload, content };
	}

	function resource({ id, name, state, size, type, metadata }: KeptAttachment) {
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
			admit('attachments:request'),
			async (request, reply) => {
				const { allowed_mime_types } = readBody(uploadLinkBody, request.body);
				const upload = attachments.requestUpload(allowed_mime_types);
				log.note(request, { summary: `upload ${upload.requestId}` });
				// 200, though something was made: all these pages say so.
				return reply.send({ request_id: upload.requestId, url: storage.uploadLink(upload) });
			},
		);

		// The documentation writes the path with a slash at the end, whose meaning is unknown: it is taken both ways.
		for (const path of [attachmentsPath, `${attachmentsPath}/`]) {
			app.post(path, admit('attachments:write'), async (request, reply) => {
				const body = readBody(createAttachmentBody, request.body);
				const { upload, content } = needUpload(body.request_id);
				const { name = upload.requestId, metadata } = body;
				violations.lookAt(`POST ${attachmentsPath}`, { name });
				if (attachments.all().some((other) => other.name === name)) {
					throw new Refusal(409, 'There is an attachment of this name');
				}
				const attachment = attachments.create(content, { name, metadata, createdBy: 'api' });
				upload.state = 'used';
				log.note(request, { summary: `attachment ${attachment.id}: ${name}` });
				return reply.send(resource(attachment));
			});

			app.get(path, admit('attachments:read'), async (request) => {
				const query = readListQuery(request.query);
				const found = attachments.all().filter(matches(query));
				const page = settings().attachmentPageIgnored ? 1 : query.page;
				const per_page = Math.min(query.per_page, settings().attachmentPageLimit);
				violations.lookAt(`GET ${attachmentsPath}`, { name: query.name });
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

		app.get<WithId>(one, admit('attachments:read'), async (request) => resource(find(request)));

		app.delete<WithId>(one, admit('attachments:write'), async (request, reply) => {
			readBody(deleteAttachmentBody, request.body);
			const attachment = find(request);
			await attachments.remove(attachment);
			log.note(request, { summary: `deleted ${attachment.name}` });
			return reply.code(204).send();
		});

		app.get<WithId>(`${one}/download-link`, admit('attachments:download'), async (request) => {
			const attachment = find(request);
			const failure = settings().downloadLinkFailure({ id: attachment.id });
			if (failure !== undefined) throw new Refusal(failure, 'A failure that an option asked for');
			const { url, expiresAt } = storage.downloadLink(attachment);
			return { url, expire_time: new Date(expiresAt).toISOString() };
		});
	};
}

/** Reads the query of List. `metadata[key]=value` is put together first, so that errors name it like any nested field. */
function readListQuery(query: unknown): AttachmentListQuery {
	const given: Record<string, unknown> = {};
	const metadata: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(query ?? {})) {
		const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
		if (key === undefined) given[name] = value;
		else metadata[key] = value;
	}
	return readBody(
		attachmentListQuery,
		Object.keys(metadata).length ? { metadata, ...given } : given,
	);
}

const matches =
	({ name, types, metadata = {}, state }: AttachmentListQuery) =>
	(attachment: KeptAttachment) =>
		(name === undefined || attachment.name === name) &&
		(types === undefined || types.includes(attachment.type)) &&
		(state === undefined || attachment.state === state) &&
		Object.entries(metadata).every(([key, value]) => attachment.metadata?.[key] === value);

/** The same list, another page of it. */
function linkTo(folder: string, asked: string, page: number): string {
	const { searchParams } = new URL(asked, folder);
	searchParams.set('page', String(page));
	return `${folder}?${searchParams.toString()}`;
}
