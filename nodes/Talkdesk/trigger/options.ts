import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { NodeOperationError } from 'n8n-workflow';

import { filePolicyProperties, readFilePolicy } from '../files/options';
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
		...filePolicyProperties.map((property) => ({
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
			policy: readFilePolicy(options),
		};
	} catch {
		throw new NodeOperationError(functions.getNode(), 'An option has a wrong value', {
			description: 'Maximum File Size is a number of megabytes, Allowed MIME Types a text.',
		});
	}
}
