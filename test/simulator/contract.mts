import { z } from 'zod';

/**
 * Talkdesk's contract as zod schemas: the requests that it accepts, and the names in its webhook calls. CONTRACT.md gives the
 * evidence for every field. Nothing may be added here that is not in there.
 */

/**
 * The scopes that Digital Connect and the Attachments API know (docs/authentication, docs/attachments-api), and that of cases
 * (seen in public code).
 */
export const scopes = [
	'digital-connect:write',
	'digital-connect:read',
	'attachments:request',
	'attachments:write',
	'attachments:read',
	'attachments:download',
	'cases-public:write',
] as const;

/** The scope of Start, Send and End (reference/start-conversation, reference/send-a-message). */
export const digitalConnectScope = 'digital-connect:write';

/** The header with the idempotency key. Idempotency is documented, the header's name is seen in public code. */
export const idempotencyHeader = 'x-idempotency-key';

/** The code of "the conversation has already ended", seen in public code. Its HTTP status is unknown. */
export const conversationEndedCode = '3016011';

/** An id as bodies have it: one that the option `numericIds` has made is a number there. */
export const onTheWire = (id: string) => (/^\d+$/.test(id) ? Number(id) : id);

/** The three events that a custom integration has actions for, as its actions are named. */
export const events = ['conversation_started', 'message_created', 'conversation_ended'] as const;
export type EventName = (typeof events)[number];

/**
 * How `previous_messages[].type` may be spelt: the OpenAPI bundle has the lower case, the documentation's example the upper
 * case. Which one the server accepts is unknown, so the simulator can accept either.
 */
export const spellings = ['lower', 'upper', 'either'] as const;
export type Spelling = (typeof spellings)[number];

const authorTypes = {
	lower: z.enum(['user', 'external']),
	upper: z.enum(['USER', 'EXTERNAL']),
	either: z.enum(['user', 'external', 'USER', 'EXTERNAL']),
} satisfies Record<Spelling, z.ZodType>;

const previousMessage = (spelling: Spelling) =>
	z
		.object({
			type: authorTypes[spelling],
			content: z.string(),
			created_at: z.string().datetime({ offset: true, message: 'must be an ISO 8601 time' }),
		})
		.strict();

/**
 * The body of Start (reference/start-conversation).
 *
 * `email` must look like an address: the contract only says string, and the stricter reading finds a wrong field sooner.
 *
 * @param spelling which spelling of `previous_messages[].type` to take
 */
export const startBody = (spelling: Spelling) =>
	z
		.object({
			touchpoint_id: z.string().min(1, 'must not be empty'),
			contact_person: z
				.object({ email: z.string().regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address') })
				.strict(),
			subject: z.string().optional(),
			context_parameters: z.record(z.unknown()).nullish(),
			previous_messages: z.array(previousMessage(spelling)).optional(),
		})
		.strict();
export type StartBody = z.output<ReturnType<typeof startBody>>;

const attachment = z
	.object({
		id: z.string().min(1, 'must not be empty'),
		name: z.string(),
		type: z.string(),
		// A string in the documentation's example, a number in the OpenAPI bundle. The node sends the number.
		size: z.number(),
	})
	.strict();
export type Attachment = z.output<typeof attachment>;

/**
 * The body of Send (reference/send-a-message). That one of the two must be there, and that an empty one doesn't count, is
 * inferred: a message with neither says nothing.
 */
export const sendBody = z
	.object({ content: z.string().optional(), attachments: z.array(attachment).optional() })
	.strict()
	.refine((body) => Boolean(body.content) || Boolean(body.attachments?.length), {
		path: ['content'],
		message: 'content or attachments must be given',
	});
export type SendBody = z.output<typeof sendBody>;

/** Where the Attachments API is, under the API base URL (docs/attachments-api). */
export const attachmentsPath = '/attachments/2023-03';

/** The `state` of every attachment. Its values are not documented: this one is made up, and nothing may depend on it. */
export const attachmentState = 'available';

/** A type and a subtype. Whether parameters or a star are accepted is unknown, so they are not. */
export const mimeType = z
	.string()
	.regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/, 'must be a MIME type, as in image/png');

/** The body of an upload link's request (reference/get-attachment-upload-link). */
export const uploadLinkBody = z
	.object({ allowed_mime_types: z.array(mimeType).min(1, 'must not be empty').optional() })
	.strict();

/**
 * The body of Create (reference/create-an-attachment). `request_id` is optional there, but the effect of leaving it out is
 * unknown. It is optional here so that the error can say more.
 */
export const createAttachmentBody = z
	.object({
		name: z.string().min(1, 'must not be empty').optional(),
		request_id: z.string().optional(),
		metadata: z.record(z.string()).optional(),
	})
	.strict();

/** The body of Delete: none (OpenAPI bundle). */
export const deleteAttachmentBody = z.undefined();

/** Where cases are created, under the API base URL (OpenAPI bundle). */
export const casesPath = '/cm/core/va/cases';

/** The scope of a new case, seen in public code. */
export const casesScope = 'cases-public:write';

/** The body of a new case (OpenAPI bundle). */
export const caseBody = z
	.object({
		title: z.string().min(1, 'must not be empty'),
		description: z.string().min(1, 'must not be empty'),
		priority: z.enum(['LOW', 'NORMAL', 'HIGH', 'URGENT']).optional(),
		requester_email: z.string().optional(),
		requester_name: z.string().optional(),
		requester_type: z.literal('Contact').optional(),
		notes: z
			.array(
				z
					.object({
						note_title: z.string().optional(),
						note_body: z.string().optional(),
						public: z.boolean().optional(),
					})
					.strict(),
			)
			.optional(),
		custom_fields: z.record(z.unknown()).optional(),
		owner_id: z.string().optional(),
		parent_id: z.string().optional(),
	})
	.strict();
export type CaseBody = z.output<typeof caseBody>;

const wholeNumber = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number);

/**
 * The query of List (OpenAPI bundle, names only). Encodings are the defaults of OpenAPI: a list is a repeated parameter. An
 * object would be spread over parameters of any name, so `metadata[key]=value` is accepted instead. The limits are chosen
 * here.
 */
export const attachmentListQuery = z
	.object({
		name: z.string().optional(),
		types: z.union([z.string().transform((type) => [type]), z.array(z.string())]).optional(),
		metadata: z.record(z.string()).optional(),
		state: z.string().optional(),
		page: wholeNumber.pipe(z.number().min(1)).default('1'),
		per_page: wholeNumber.pipe(z.number().min(1).max(100)).default('20'),
	})
	.strict();
export type AttachmentListQuery = z.output<typeof attachmentListQuery>;

/** The body of End: none (OpenAPI bundle). */
export const endBody = z.undefined();

/**
 * The form of a token request (reference/cc-basic, reference/cc-jwt). With the assertion fields there is no Basic header.
 */
export const tokenForm = z
	.object({
		grant_type: z.string(),
		scope: z.string().optional(),
		client_assertion_type: z.string().optional(),
		client_assertion: z.string().optional(),
	})
	.strict();

/** One entry of an error's `fields` (every reference page's error section). */
export interface FieldError {
	name: string;
	description: string;
}

/**
 * Converts zod's issues to Talkdesk's `fields`. The spelling of a nested name, `previous_messages[0].type`, is inferred.
 *
 * @returns at least one entry; the body as a whole is called `body`
 */
export function fieldErrors(error: z.ZodError): FieldError[] {
	return error.issues.flatMap((issue) =>
		issue.code === 'unrecognized_keys'
			? issue.keys.map((key) => ({
					name: fieldName([...issue.path, key]),
					description: 'is not a known field',
				}))
			: [{ name: fieldName(issue.path), description: issue.message }],
	);
}

function fieldName(path: Array<string | number>): string {
	const name = path
		.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
		.join('')
		.replace(/^\./, '');
	return name || 'body';
}
