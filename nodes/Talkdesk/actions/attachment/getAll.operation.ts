import type { INodeProperties } from 'n8n-workflow';

import { listAttachments } from '../../api/attachments';
import { readParameter } from '../../parameters/item';
import { collectionProperty, option, readCollectionParameter } from '../../parameters/options';
import { commaSeparated, flag, text, wholeNumberFrom } from '../../parameters/schemas';
import { defineOperation, outputItem } from '../operation';

const DEFAULT_LIMIT = 50;

const returnAllProperty: INodeProperties = {
	displayName: 'Return All',
	name: 'returnAll',
	type: 'boolean',
	default: false,
	description: 'Whether to return all results or only up to a given limit',
};

const limitProperty: INodeProperties = {
	displayName: 'Limit',
	name: 'limit',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 50,
	description: 'Max number of results to return',
	displayOptions: { show: { returnAll: [false] } },
};

const filters = {
	name: option(
		{
			displayName: 'Name',
			name: 'name',
			type: 'string',
			default: '',
			placeholder: 'e.g. bill.pdf',
		},
		text,
	),
	state: option(
		{
			displayName: 'State',
			name: 'state',
			type: 'string',
			default: '',
			description: 'State as it appears in the output of an attachment',
		},
		text,
	),
	types: option(
		{
			displayName: 'Types',
			name: 'types',
			type: 'string',
			default: '',
			placeholder: 'e.g. image/png, application/pdf',
			description: 'Comma-separated list of MIME types',
		},
		commaSeparated,
	),
};

const filtersProperty = collectionProperty(
	{ displayName: 'Filters', name: 'filters', placeholder: 'Add filter' },
	filters,
);

export const getAll = defineOperation({
	option: {
		name: 'Get Many',
		value: 'getAll',
		action: 'Get many attachments',
		description: 'Get a list of attachments',
	},
	toolDescription: 'Returns a list of attachments in Talkdesk.',
	properties: [returnAllProperty, limitProperty, filtersProperty],
	options: {},
	async execute(context) {
		const isAll = readParameter(context, returnAllProperty, flag) ?? false;
		const limit = isAll
			? Infinity
			: (readParameter(context, limitProperty, wholeNumberFrom(1)) ?? DEFAULT_LIMIT);
		const chosen = readCollectionParameter(context, filtersProperty, filters);
		const attachments = await listAttachments(context.client, chosen, limit);
		return attachments.map((attachment) => outputItem(attachment, context.itemIndex));
	},
});
