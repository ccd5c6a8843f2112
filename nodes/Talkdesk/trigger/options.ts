import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { NodeOperationError } from 'n8n-workflow';

import { filePolicyOptions, filePolicyOf } from '../files/options';
import { readOptions } from '../parameters/options';
import type { TriggerOptions } from './execute';

const whereFilesAreFetched = { show: { downloadAttachments: [true] } };

export const optionsProperty: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Download Attachments',
			name: 'downloadAttachments',
			type: 'boolean',
			default: false,
			description:
				'Whether to put the files of a message into the item, as attachment_0, attachment_1, and so on',
		},
		{
			displayName: 'Ignore Duplicates',
			name: 'ignoreDuplicates',
			type: 'boolean',
			default: true,
			description:
				'Whether to leave out events that Talkdesk has sent before. The last 2,000 are remembered. An event with neither a message ID nor a time always counts as new, and so does every event while you test.',
		},
		{
			displayName: 'Only Agent Messages',
			name: 'onlyAgentMessages',
			type: 'boolean',
			default: false,
			description:
				'Whether to leave out messages that the customer has written, also those that this integration has sent for him, as far as Talkdesk names the author: types user, customer, contact and external. A message by an unknown author is kept.',
		},
		...Object.values(filePolicyOptions).map(({ property }) => ({
			...property,
			displayOptions: whereFilesAreFetched,
		})),
	],
};

/** @throws NodeOperationError where an option has a wrong value */
export function readTriggerOptions(functions: IExecuteFunctions): TriggerOptions {
	const options = functions.getNodeParameter('options', 0, {});
	try {
		return {
			downloadAttachments: options.downloadAttachments === true,
			ignoreDuplicates: options.ignoreDuplicates !== false,
			policy: filePolicyOf(readOptions({ functions, itemIndex: 0 }, filePolicyOptions)),
		};
	} catch {
		throw new NodeOperationError(functions.getNode(), 'An option has a wrong value', {
			description: 'Maximum File Size is a number of megabytes, Allowed MIME Types a text.',
		});
	}
}
