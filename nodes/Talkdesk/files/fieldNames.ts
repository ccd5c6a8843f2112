import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { filesOf } from './binaryFields';
import { emptyError, readParameter, type ItemContext } from '../parameters/item';
import { commaSeparated } from '../parameters/schemas';

/**
 * The names of fields that hold files, out of a parameter: a text with commas, or a list of texts. Nobody finds a file by an
 * object, and a message must not go without the file: that is an error.
 *
 * @throws NodeOperationError that names the parameter, the item and, for a file that was dragged there, its field
 */
export function readFieldNames(
	context: ItemContext,
	property: Pick<INodeProperties, 'name' | 'displayName' | 'required' | 'placeholder'>,
): string[] {
	const { functions, itemIndex } = context;
	const value: unknown = functions.getNodeParameter(property.name, itemIndex, '');
	const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
	if (isObject || [value].flat().some((entry) => isFile(entry) || isObjectAsText(entry))) {
		throw new NodeOperationError(
			functions.getNode(),
			`The parameter ${property.displayName} is not the name of a field`,
			{
				itemIndex,
				description: `Enter the name of the field, ${namesOf(context, value).join(' or ')}, not the file: the name as it is, without an expression.`,
			},
		);
	}
	const names = readParameter(context, property, commaSeparated);
	if (names.length === 0 && property.required) throw emptyError(context, property);
	return names;
}

const isFile = (value: unknown) => typeof value === 'object' && value !== null;
/** What an expression gives for an object when something stands around it. */
const isObjectAsText = (value: unknown) =>
	typeof value === 'string' && value.includes('[object Object]');

const text = z.string().optional().catch(undefined);
/** A file as an expression gives it: without its bytes, and in memory without an id. */
const draggedSchema = z.object({ id: text, mimeType: text, fileName: text });

/** The fields whose files these are; all fields with files if that can't be told. */
function namesOf({ functions, itemIndex }: ItemContext, value: unknown): string[] {
	const dragged = [value].flat().flatMap((entry) => draggedSchema.safeParse(entry).data ?? []);
	const files = [...filesOf(functions, itemIndex)];
	const same = files.filter(([, { id, mimeType, fileName }]) =>
		dragged.some((other) =>
			other.id ? other.id === id : other.mimeType === mimeType && other.fileName === fileName,
		),
	);
	const names = (same.length > 0 ? same : files).map(([name]) => name);
	return names.length > 0 ? names : ['such as data'];
}
