import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { readLocalFile, uploadFile } from '../../files/upload';
import { filePolicyOf, filePolicyOptions } from '../../files/policyOptions';
import { option } from '../../parameters/options';
import { text } from '../../parameters/schemas';
import { readFieldNames } from '../../files/fieldNames';
import { defineOperation, outputItem } from '../operation';

const inputDataFieldNameProperty: INodeProperties = {
	displayName: 'Input Data Field Name',
	name: 'inputDataFieldName',
	type: 'string',
	required: true,
	default: 'data',
	placeholder: 'e.g. data',
	hint: 'The name of the input field that holds the file',
};

const fileNameProperty: INodeProperties = {
	displayName: 'File Name',
	name: 'fileName',
	type: 'string',
	default: '',
	placeholder: 'e.g. bill.pdf',
	description: 'What the file is called in Talkdesk, instead of its own name',
};

export const upload = defineOperation({
	option: {
		name: 'Upload',
		value: 'upload',
		action: 'Upload attachment',
		description: 'Bring a file to Talkdesk, to be sent with a message later',
	},
	properties: [inputDataFieldNameProperty],
	options: { fileName: option(fileNameProperty, text), ...filePolicyOptions },
	async execute(context) {
		const { functions, itemIndex, options } = context;
		const [field = '', ...others] = readFieldNames(context, inputDataFieldNameProperty);
		if (others.length > 0) {
			throw new NodeOperationError(
				functions.getNode(),
				`The parameter ${inputDataFieldNameProperty.displayName} has several names`,
				{ itemIndex, description: 'One upload takes one file. Split the files into items before.' },
			);
		}
		const file = await readLocalFile(functions, itemIndex, field);
		const attachment = await uploadFile(
			context,
			{ ...file, name: options.fileName ?? file.name },
			{ policy: filePolicyOf(options) },
		);
		return [outputItem(attachment, itemIndex)];
	},
});
