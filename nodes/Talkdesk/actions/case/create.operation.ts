import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';

import { CASE_PRIORITIES, type NewNote } from '../../api/cases';
import { checkEmail } from '../../parameters/email';
import { idempotencyKey } from '../../parameters/idempotencyKey';
import { isTool } from '../../parameters/isTool';
import { readTextParameter } from '../../parameters/item';
import {
	jsonObject,
	namedValueRows,
	namedValues,
	readNamedValues,
} from '../../parameters/namedValues';
import { option } from '../../parameters/options';
import { flag, oneOf, text } from '../../parameters/schemas';
import {
	loadTranscript,
	transcriptOptions,
	transcriptProperties,
} from '../../parameters/transcript';
import { toTextChunks } from '../../transcript/format';
import { defineOperation, outputItem } from '../operation';
import { createCaseOnce } from './createdCases';

const titleProperty: INodeProperties = {
	displayName: 'Title',
	name: 'title',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. Teapot arrived with a crack',
};

const descriptionProperty: INodeProperties = {
	displayName: 'Description',
	name: 'description',
	type: 'string',
	typeOptions: { rows: 3 },
	required: true,
	default: '',
	placeholder: 'e.g. {{ $json.text }}',
	description: 'What the case is about',
};

const noteSchema = z
	.object({ title: text, body: text, public: flag })
	.transform(({ title, body, public: isPublic }) => ({ title, body, isPublic }));

/** The notes as n8n gives them; those without a title and a body count as not set. */
const notesSchema = z
	.object({ note: z.array(noteSchema).nullish() })
	.nullish()
	.transform((value): NewNote[] =>
		(value?.note ?? []).filter(({ title, body }) => (title ?? body) !== undefined),
	);

/** A priority in any case, undefined if not set. */
const prioritySchema = text
	.transform((value) => value?.toUpperCase())
	.pipe(oneOf(CASE_PRIORITIES).optional());

const options = {
	customFields: option(
		{
			displayName: 'Custom Fields',
			name: 'customFields',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true },
			placeholder: 'Add custom field',
			default: {},
			description: "Fields of your account's own case form",
			options: [
				{ displayName: 'Field', name: 'field', values: namedValueRows('e.g. order_number') },
			],
		},
		namedValues('field'),
	),
	customFieldsJson: option(
		{
			displayName: 'Custom Fields (JSON)',
			name: 'customFieldsJson',
			type: 'json',
			default: '{}',
			description: "Custom fields as one JSON object. 'Custom Fields' override it.",
		},
		jsonObject,
	),
	notes: option(
		{
			displayName: 'Notes',
			name: 'notes',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true, sortable: true },
			placeholder: 'Add note',
			default: {},
			options: [
				{
					displayName: 'Note',
					name: 'note',
					values: [
						{ displayName: 'Title', name: 'title', type: 'string', default: '' },
						{
							displayName: 'Body',
							name: 'body',
							type: 'string',
							typeOptions: { rows: 3 },
							default: '',
						},
						{
							displayName: 'Public',
							name: 'public',
							type: 'boolean',
							default: false,
							description: 'Whether the note is public in Talkdesk',
						},
					],
				},
			],
		},
		notesSchema,
	),
	ownerId: option(
		{
			displayName: 'Owner ID',
			name: 'ownerId',
			type: 'string',
			default: '',
			description: 'ID of the Talkdesk user who owns the case',
		},
		text,
	),
	parentId: option(
		{
			displayName: 'Parent ID',
			name: 'parentId',
			type: 'string',
			default: '',
			description: 'ID of the case that this one belongs to',
		},
		text,
	),
	priority: option(
		{
			displayName: 'Priority',
			name: 'priority',
			type: 'options',
			options: [
				{ name: 'High', value: 'HIGH' },
				{ name: 'Low', value: 'LOW' },
				{ name: 'Normal', value: 'NORMAL' },
				{ name: 'Urgent', value: 'URGENT' },
			],
			default: 'NORMAL',
		},
		prioritySchema,
	),
	requesterEmail: option(
		{
			displayName: 'Requester Email',
			name: 'requesterEmail',
			type: 'string',
			default: '',
			placeholder: 'e.g. name@example.com',
			description: 'Email address of the customer',
		},
		text,
	),
	requesterName: option(
		{
			displayName: 'Requester Name',
			name: 'requesterName',
			type: 'string',
			default: '',
			placeholder: 'e.g. Nathan Smith',
			description: 'Name of the customer',
		},
		text,
	),
	...transcriptOptions,
};

export const create = defineOperation({
	option: {
		name: 'Create',
		value: 'create',
		action: 'Create case',
		description:
			'Create a case, for example if no agent is available. Needs the scope cases-public:write.',
	},
	toolDescription:
		"Creates a case (a ticket) in the contact center, for work that goes on after this chat. Call this tool when no human agent can be reached, or when the customer's problem can't be solved now. It needs a short title, and a description with all that a colleague must know, such as names and numbers. Afterwards tell the customer that the case exists, and its ID. Call it once for each problem.",
	properties: [titleProperty, descriptionProperty, ...transcriptProperties({ optional: true })],
	options,
	async execute(context) {
		const { client, functions, itemIndex, options: chosen } = context;
		const title = readTextParameter(context, titleProperty);
		const description = readTextParameter(context, descriptionProperty);
		const { priority, requesterName, ownerId, parentId } = chosen;
		const requesterEmail =
			chosen.requesterEmail === undefined
				? undefined
				: checkEmail(context, 'Options > Requester Email', chosen.requesterEmail, {
						isTool: isTool(functions),
					});
		const customFields = Object.assign(
			chosen.customFieldsJson,
			readNamedValues(context, 'Options > Custom Fields', chosen.customFields),
		);
		const { messages, omitted, unrecognized } = await loadTranscript(context);
		const notes = [...chosen.notes];
		// Talkdesk documents no limit for a note: the transcript is one.
		for (const body of toTextChunks(messages, Infinity)) {
			notes.push({ title: 'Chat transcript', body, isPublic: false });
		}
		const newCase = {
			...{ title, description, priority, requesterEmail, requesterName },
			...{ notes, customFields, ownerId, parentId },
		};
		// A tool may create several cases in one execution; run and item tell the others apart.
		const words = isTool(functions) ? [title, description, requesterEmail] : [];
		const { tokenUrl, apiBaseUrl } = client.settings;
		const work = idempotencyKey(context, 'case', tokenUrl, apiBaseUrl, ...words);
		const created = await createCaseOnce(functions, client, newCase, work);
		return [
			outputItem(
				{
					...created,
					transcriptMessages: messages.length,
					transcriptMessagesOmitted: omitted,
					transcriptMessagesUnrecognized: unrecognized.count,
				},
				itemIndex,
			),
		];
	},
});
