import type { INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { z } from 'zod';

import { filesOf } from '../../files/fields';
import { splitList } from '../../files/options';
import { readText, type ItemContext } from '../operation';

const listSchema = z.array(z.union([z.string(), z.number()]).nullable());

/** What an expression gives for an object when something stands around it. */
const OBJECT_AS_TEXT = '[object Object]';

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
	const list = listSchema.safeParse(value);
	if (list.success && list.data.length > 0) {
		return list.data.flatMap((name) => splitList(String(name ?? '')));
	}
	const isObject = typeof value === 'object' && value !== null && !list.success;
	if (!isObject && !String(value).includes(OBJECT_AS_TEXT)) {
		return splitList(list.success ? '' : readText(context, property));
	}

	const names = namesOf(context, value);
	throw new NodeOperationError(
		functions.getNode(),
		`The parameter ${property.displayName} is not the name of a field`,
		{
			itemIndex,
			description: `Enter the name of the field, ${names.join(' or ')}, not the file: the name as it is, without an expression.`,
		},
	);
}

const idSchema = z.object({ id: z.string() });

/** The fields whose file, or files, this is; all fields with files, where that can't be told. */
function namesOf({ functions, itemIndex }: ItemContext, value: unknown): string[] {
	const files = [...filesOf(functions, itemIndex)];
	const wanted = idSchema.safeParse(value);
	const same = files.filter(([, file]) =>
		wanted.success ? file.id === wanted.data.id : isLike(file, value),
	);
	const names = (same.length > 0 ? same : files).map(([name]) => name);
	return names.length > 0 ? names : ['such as data'];
}

/** A file in memory has no id. */
function isLike(file: object, value: unknown): boolean {
	const parts = Object.entries(file).filter(([, part]) => part !== undefined);
	const other = new Map(Object.entries(value ?? {}));
	return parts.every(([name, part]) => other.get(name) === part);
}
