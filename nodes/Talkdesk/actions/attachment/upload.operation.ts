import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { loadInputFile, uploadFile } from '../../files/upload';
import { filePolicyOf, filePolicyOptions } from '../../files/policyOptions';
import { option } from '../../parameters/options';
import { text } from '../../parameters/schemas';
import { readFieldNamesParameter } from '../../files/fieldNames';
import { defineOperation, outputItem } from '../operation';

const inputDataFieldNameProperty: INodeProperties = {
	displayName: 'Input Data Field Name',
	name: 'inputDataFieldName',
	type: 'string',
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the input field containing the file to upload',
};

const fileNameProperty: INodeProperties = {
	displayName: 'File Name',
	name: 'fileName',
	type: 'string',
	default: '',
	placeholder: 'e.g. bill.pdf',
	description: 'Name of the file in Talkdesk. Defaults to the name of the input file.',
};

export const upload = defineOperation({
	option: {
		name: 'Upload',
		value: 'upload',
		action: 'Upload attachment',
		description: 'Upload a file to attach to a later message',
	},
	toolDescription:
		'Uploads a file to Talkdesk and returns the ID of its attachment, to be sent with a later message.',
	properties: [inputDataFieldNameProperty],
	options: { fileName: option(fileNameProperty, text), ...filePolicyOptions },
	async execute(context) {
		const { functions, itemIndex, options } = context;
		const [field = '', ...others] = readFieldNamesParameter(context, inputDataFieldNameProperty);
		if (others.length > 0) {
			throw new NodeOperationError(
				functions.getNode(),
				`The '${inputDataFieldNameProperty.displayName}' parameter has several names`,
				{
					itemIndex,
					description: 'Upload takes one file per item. Split the files into separate items first.',
				},
			);
		}
		const file = await loadInputFile(functions, itemIndex, field);
		const attachment = await uploadFile(
			context,
			{ ...file, name: options.fileName ?? file.name },
			{ policy: filePolicyOf(options) },
		);
		return [outputItem(attachment, itemIndex)];
	},
});
