import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import type { z } from 'zod';

import { text } from './schemas';

/** One item of the node's input, of which parameters are read. */
export interface ItemContext {
	functions: IExecuteFunctions;
	itemIndex: number;
}

type Property = Pick<INodeProperties, 'name' | 'displayName' | 'required' | 'placeholder'>;

/**
 * A parameter of the item.
 *
 * @param schema its messages complete "The parameter Limit …"
 * @throws NodeOperationError that names the parameter and the item
 */
export function readParameter<Schema extends z.ZodTypeAny>(
	{ functions, itemIndex }: ItemContext,
	{ name, displayName }: Pick<Property, 'name' | 'displayName'>,
	schema: Schema,
): z.output<Schema> {
	const value: unknown = functions.getNodeParameter(name, itemIndex, undefined);
	return parseParameter({ functions, itemIndex }, `The parameter ${displayName}`, value, schema);
}

/**
 * Checks a value that a user entered.
 *
 * @param name how the error begins: 'The option Subject'
 * @throws NodeOperationError that says what is wrong, in the words of the schema
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
	throw new NodeOperationError(functions.getNode(), `${name} ${issue?.message ?? 'is wrong'}`, {
		itemIndex,
		description: `Item ${itemIndex} has this value: ${preview(value)}. Correct it, or the expression that gives it.`,
	});
}

/**
 * A text parameter of the item, without white space around it; empty if not set.
 *
 * @throws NodeOperationError that names the parameter and the item, if it is required and empty, or no text
 */
export function readText(context: ItemContext, property: Property): string {
	const value = readParameter(context, property, text) ?? '';
	if (property.required && value === '') throw emptyError(context, property);
	return value;
}

/** The error for a required parameter that is empty. */
export function emptyError(
	{ functions, itemIndex }: ItemContext,
	{ displayName, placeholder }: Property,
): NodeOperationError {
	return new NodeOperationError(functions.getNode(), `The parameter ${displayName} is empty`, {
		itemIndex,
		description: `Enter a value${placeholder ? `, ${placeholder}` : ''}. If it is an expression, item ${itemIndex} has no value for it.`,
	});
}

function preview(value: unknown): string {
	let shown: string;
	try {
		shown = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
	} catch {
		shown = 'one that can’t be shown';
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
	description: 'The ID that Start gave, or that the Talkdesk Trigger gives with every event',
};
