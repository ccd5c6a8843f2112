import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { listAttachments } from '../../api/attachments';
import { splitList } from '../../files/options';
import { optionsProperty, outputItem, type Operation, type OperationContext } from '../operation';

/** The default of the parameter, which n8n wants written out there. */
const DEFAULT_LIMIT = 50;

const properties: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { returnAll: [false] } },
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add filter',
		default: {},
		options: [
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				placeholder: 'e.g. bill.pdf',
			},
			{
				displayName: 'State',
				name: 'state',
				type: 'string',
				default: '',
				description: 'The state, in the word that Talkdesk uses in an attachment',
			},
			{
				displayName: 'Types',
				name: 'types',
				type: 'string',
				default: '',
				placeholder: 'e.g. image/png, application/pdf',
				description: 'MIME types, separated by commas',
			},
		],
	},
];

/** A filter of this display name. An expression may give nothing: then it isn't set. */
const filter = (name: string) =>
	z
		.union([z.string(), z.number()], {
			errorMap: () => ({ message: `The filter ${name} is not a text` }),
		})
		.nullish()
		.transform((value) => String(value ?? '').trim());
const filtersSchema = z
	.object({ name: filter('Name'), state: filter('State'), types: filter('Types') })
	.nullish();

export const getAll: Operation = {
	option: {
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many attachments',
		description: 'Get a list of attachments',
	},
	properties: [...properties, optionsProperty()],
	async execute(context) {
		const { client, functions, itemIndex } = context;
		const limit = functions.getNodeParameter('returnAll', itemIndex)
			? Infinity
			: readLimit(context);
		const { types, ...filters } = readFilters(context);
		const attachments = await listAttachments(
			client,
			{ ...filters, types: splitList(types) },
			limit,
		);
		return attachments.map((attachment) => outputItem(attachment, itemIndex));
	},
};

function readLimit({ functions, itemIndex }: OperationContext): number {
	const value: unknown = functions.getNodeParameter('limit', itemIndex);
	if (value === null || value === undefined || value === '') return DEFAULT_LIMIT;
	const limit = z.coerce.number().int().min(1).safeParse(value);
	if (limit.success) return limit.data;
	throw new NodeOperationError(functions.getNode(), 'The parameter Limit is not a number above 0', {
		itemIndex,
		description: 'Enter a whole number, or switch on Return All.',
	});
}

function readFilters({ functions, itemIndex }: OperationContext) {
	const filters = filtersSchema.safeParse(functions.getNodeParameter('filters', itemIndex, {}));
	if (filters.success) return filters.data ?? { types: '' };
	const messages = filters.error.issues.map(({ message }) => message);
	throw new NodeOperationError(functions.getNode(), messages.join('; '), {
		itemIndex,
		description: 'Enter a text, or nothing for all attachments.',
	});
}
