import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { listAttachments } from '../../api/attachments';
import { splitList } from '../../files/options';
import { optionsProperty, outputItem, type Operation, type OperationContext } from '../operation';

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

const text = z.coerce.string().trim().optional();
const filtersSchema = z.object({ name: text, state: text, types: text });

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
		const filters = filtersSchema.parse(functions.getNodeParameter('filters', itemIndex, {}));
		const attachments = await listAttachments(
			client,
			{ ...filters, types: splitList(filters.types ?? '') },
			limit,
		);
		return attachments.map((attachment) => outputItem(attachment, itemIndex));
	},
};

function readLimit({ functions, itemIndex }: OperationContext): number {
	const limit = z.coerce
		.number()
		.int()
		.min(1)
		.safeParse(functions.getNodeParameter('limit', itemIndex));
	if (limit.success) return limit.data;
	throw new NodeOperationError(functions.getNode(), 'The parameter Limit is not a number above 0', {
		itemIndex,
		description: 'Enter a whole number, or switch on Return All.',
	});
}
