import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import type { z } from 'zod';

import { text } from './schemas';

/** An input item, whose parameters are read. */
export interface ItemContext {
	functions: IExecuteFunctions;
	itemIndex: number;
}

type Property = Pick<INodeProperties, 'name' | 'displayName' | 'required' | 'placeholder'>;

/**
 * The value of a parameter for the item.
 *
 * @param schema its messages complete "The 'Limit' parameter …"
 * @throws NodeOperationError that names the parameter and the item
 */
export function readParameter<Schema extends z.ZodTypeAny>(
	{ functions, itemIndex }: ItemContext,
	{ name, displayName }: Pick<Property, 'name' | 'displayName'>,
	schema: Schema,
): z.output<Schema> {
	const value: unknown = functions.getNodeParameter(name, itemIndex, undefined);
	return parseParameter({ functions, itemIndex }, displayName, value, schema);
}

/** A parameter in an error message. @param name as shown in the editor */
export const quoteParameter = (name: string) => `The '${name}' parameter`;

/**
 * The parsed value of a parameter.
 *
 * @param name as shown in the editor, with its collections: 'Options > Subject'
 * @throws NodeOperationError that names the parameter and the item, with the message of the schema
 */
export function parseParameter<Schema extends z.ZodTypeAny>(
	{ functions, itemIndex }: ItemContext,
	name: string,
	value: unknown,
	schema: Schema,
): z.output<Schema> {
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	const message = `${quoteParameter(name)} ${issue?.message ?? 'is invalid'}`;
	throw new NodeOperationError(functions.getNode(), message, {
		itemIndex,
		description: `The value for item ${itemIndex} is: ${preview(value)}. Correct it, or the expression that returns it.`,
	});
}

/**
 * A text parameter of the item, trimmed; empty if not set.
 *
 * @throws NodeOperationError that names the parameter and the item, if it is required and empty, or no text
 */
export function readTextParameter(context: ItemContext, property: Property): string {
	const value = readParameter(context, property, text) ?? '';
	if (property.required && value === '') throw missingValueError(context, property);
	return value;
}

/** The error for a required parameter that is empty. */
export function missingValueError(
	{ functions, itemIndex }: ItemContext,
	{ displayName, placeholder }: Property,
): NodeOperationError {
	return new NodeOperationError(functions.getNode(), `${quoteParameter(displayName)} is empty`, {
		itemIndex,
		description: `Enter a value${placeholder ? `, ${placeholder}` : ''}. If it is an expression, it returns no value for item ${itemIndex}.`,
	});
}

function preview(value: unknown): string {
	let shown: string;
	try {
		shown = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
	} catch {
		shown = 'a value that cannot be shown';
	}
	return shown.length > 100 ? `${shown.slice(0, 100)}…` : shown;
}

export const conversationIdProperty: INodeProperties = {
	displayName: 'Conversation ID',
	name: 'conversationId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. {{ $json.conversationId }}',
	description: 'ID from the Start operation, or from an event of the Talkdesk Trigger',
};
