import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { caseBody, casesPath, casesScope, type CaseBody } from './contract.mts';
import type { OAuthServer } from './oauth.mts';
import type { Settings } from './options.mts';
import { parseBody, ApiError } from './errors.mts';
import type { Violations } from './violations.mts';
import type { WireLog } from './wire-log.mts';

/** A case, as the API answers it (OpenAPI bundle). */
export interface Case extends Omit<CaseBody, 'notes' | 'parent_id'> {
	id: string;
	/** Its values are not documented: this one is made up. */
	status: 'new';
	notes: Array<{ id: string } & NonNullable<CaseBody['notes']>[number]>;
	requester_id: string;
	requester_name: string;
	requester_email: string;
	/** Not in the answer. */
	parentId?: string;
	createdAt: string;
}

interface Dependencies {
	settings: () => Settings;
	identity: OAuthServer;
	violations: Violations;
	log: WireLog;
	/** Called after every new case. */
	changed: () => void;
}

/**
 * Creates the cases and their route (OpenAPI bundle). The order of checks is that of Digital Connect: address, token, scope
 * (403), body (400). Nothing is known of idempotency: each request creates a case.
 */
export function createCases({ settings, identity, violations, log, changed }: Dependencies) {
	const cases: Case[] = [];

	async function authorize(request: FastifyRequest) {
		if (!settings().addressAllowed) {
			throw new ApiError(403, 'Calls from this address are not allowed');
		}
		identity.authorize(request.headers.authorization, casesScope);
	}

	function add({ notes = [], parent_id: parentId, ...body }: CaseBody): Case {
		const created: Case = {
			...body,
			id: randomUUID(),
			status: 'new',
			notes: notes.map((note) => ({ id: randomUUID(), ...note })),
			requester_id: randomUUID(),
			requester_name: body.requester_name ?? '',
			requester_email: body.requester_email ?? '',
			...(parentId !== undefined && { parentId }),
			createdAt: new Date(settings().now()).toISOString(),
		};
		cases.push(created);
		changed();
		return created;
	}

	return {
		/** Oldest first. */
		all: (): readonly Case[] => cases,
		async routes(app: FastifyInstance) {
			app.post(casesPath, { onRequest: authorize }, async (request, reply) => {
				const body = parseBody(caseBody, request.body);
				const { title, description, requester_email, custom_fields } = body;
				violations.checkValues(`POST ${request.routeOptions.url ?? ''}`, {
					...{ title, description, requester_email },
					...custom_fields,
				});
				const { parentId: _parentId, createdAt: _createdAt, ...answer } = add(body);
				log.note(request, { summary: `case ${answer.id}: ${title}` });
				return reply.code(201).send(answer);
			});
		},
	};
}
