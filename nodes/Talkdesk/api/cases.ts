import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';

import type { TalkdeskClient } from './client';

/** The priorities of a case. Source: Talkdesk's OpenAPI description. */
export const CASE_PRIORITIES = ['LOW', 'NORMAL', 'HIGH', 'URGENT'] as const;

/** A note of a new case. */
export interface NewNote {
	title?: string;
	body?: string;
	/** Whether the customer may see it; Talkdesk's default if undefined. */
	isPublic?: boolean;
}

export interface NewCase {
	title: string;
	description: string;
	priority?: (typeof CASE_PRIORITIES)[number];
	requesterEmail?: string;
	requesterName?: string;
	notes: NewNote[];
	customFields: IDataObject;
	ownerId?: string;
	parentId?: string;
}

/** Text or a number; undefined for anything else. */
const text = z.union([z.string(), z.number()]).transform(String).optional().catch(undefined);

const noteSchema = z
	.object({
		id: text,
		note_title: text,
		note_body: text,
		public: z.boolean().optional().catch(undefined),
	})
	.transform(({ id, note_title, note_body, public: isPublic }) =>
		withoutUnset({ id, title: note_title, body: note_body, public: isPublic }),
	);

/** A created case. Only its ID is required: the form of the answer is known from Talkdesk's OpenAPI description alone. */
const caseSchema = z
	.object({
		id: z.union([z.string().min(1), z.number()]).transform(String),
		title: text,
		description: text,
		status: text,
		priority: text,
		type: text,
		owner_id: text,
		custom_fields: z.record(z.unknown()).optional().catch(undefined),
		notes: z.array(noteSchema).optional().catch(undefined),
		requester_id: text,
		requester_name: text,
		requester_email: text,
		requester_type: text,
	})
	.transform((created): { id: string } & IDataObject => ({
		id: created.id,
		...withoutUnset({
			title: created.title,
			description: created.description,
			status: created.status,
			priority: created.priority,
			type: created.type,
			ownerId: created.owner_id,
			customFields: created.custom_fields,
			notes: created.notes,
			requesterId: created.requester_id,
			requesterName: created.requester_name,
			requesterEmail: created.requester_email,
			requesterType: created.requester_type,
		}),
	}));

/** A case as Talkdesk answers, under this package's names. */
export type CreatedCase = z.output<typeof caseSchema>;

/**
 * Creates a case. It isn't repeated if the outcome is unknown: Talkdesk documents no idempotency for cases.
 *
 * @throws TalkdeskApiError
 * Source: Talkdesk's OpenAPI description. The scope `cases-public:write` is from public code.
 */
export async function createCase(
	client: TalkdeskClient,
	{
		title,
		description,
		priority,
		requesterEmail,
		requesterName,
		notes,
		customFields,
		ownerId,
		parentId,
	}: NewCase,
): Promise<CreatedCase> {
	const hasRequester = requesterEmail !== undefined || requesterName !== undefined;
	const { data } = await client.request({
		action: 'create the case',
		method: 'POST',
		path: ['cm', 'core', 'va', 'cases'],
		repeatable: false,
		body: withoutUnset({
			title,
			description,
			priority,
			requester_email: requesterEmail,
			requester_name: requesterName,
			// The only type.
			requester_type: hasRequester ? 'Contact' : undefined,
			notes:
				notes.length === 0
					? undefined
					: notes.map((note) =>
							withoutUnset({ note_title: note.title, note_body: note.body, public: note.isPublic }),
						),
			custom_fields: Object.keys(customFields).length === 0 ? undefined : customFields,
			owner_id: ownerId,
			parent_id: parentId,
		}),
		responseSchema: caseSchema,
	});
	return data;
}

/** The object without its values of undefined. */
function withoutUnset(object: Record<string, unknown>): IDataObject {
	const set: IDataObject = {};
	return Object.assign(
		set,
		Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)),
	);
}
