import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { binaryFilesOf } from './binaryFields';
import {
	missingValueError,
	quoteParameter,
	readParameter,
	type ItemContext,
} from '../parameters/item';
import { commaSeparated } from '../parameters/schemas';

/**
 * The names of file fields in a parameter: comma-separated text, or a list of texts.
 *
 * @throws NodeOperationError that names the parameter and the item. If an expression returns the file itself, it names the
 * field of the file.
 */
export function readFieldNamesParameter(
	context: ItemContext,
	property: Pick<INodeProperties, 'name' | 'displayName' | 'required' | 'placeholder'>,
): string[] {
	const { functions, itemIndex } = context;
	const value: unknown = functions.getNodeParameter(property.name, itemIndex, '');
	const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
	if (isObject || [value].flat().some((entry) => isFile(entry) || isObjectAsText(entry))) {
		throw new NodeOperationError(
			functions.getNode(),
			`${quoteParameter(property.displayName)} must be the name of a field`,
			{
				itemIndex,
				description: `Enter the name of the field, ${suggestNames(context, value).join(' or ')}, without an expression. The expression returns the file itself.`,
			},
		);
	}
	const names = readParameter(context, property, commaSeparated);
	if (names.length === 0 && property.required) throw missingValueError(context, property);
	return names;
}

const isFile = (value: unknown) => typeof value === 'object' && value !== null;
/** Whether an expression for an object is embedded in text. */
const isObjectAsText = (value: unknown) =>
	typeof value === 'string' && value.includes('[object Object]');

const text = z.string().optional().catch(undefined);
/** A file as an expression returns it: without its content, and in memory mode without an ID. */
const returnedFileSchema = z.object({ id: text, mimeType: text, fileName: text });

/** The names of the fields with these files; of all file fields if none matches. */
function suggestNames({ functions, itemIndex }: ItemContext, value: unknown): string[] {
	const returned = [value]
		.flat()
		.flatMap((entry) => returnedFileSchema.safeParse(entry).data ?? []);
	const files = [...binaryFilesOf(functions, itemIndex)];
	const matching = files.filter(([, { id, mimeType, fileName }]) =>
		returned.some((other) =>
			other.id ? other.id === id : other.mimeType === mimeType && other.fileName === fileName,
		),
	);
	const names = (matching.length > 0 ? matching : files).map(([name]) => name);
	return names.length > 0 ? names : ['such as data'];
}
