import fs from 'node:fs';
import path from 'node:path';
import { Ajv, type AnySchemaObject } from 'ajv';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { z } from 'zod';

/** Where n8n looks for them, beside the node's file in `dist`. */
const FOLDER = path.resolve('nodes/Talkdesk/__schema__/v1.0.0');

const ajv = new Ajv({ allErrors: true });
// As in n8n's own files.
ajv.addKeyword('version');

const schemaFile = z.record(z.unknown());

/** The names of the described outputs, as in `conversation/start`. */
export function describedOutputs(): string[] {
	return fs
		.readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('.json'))
		.map((file) => file.slice(0, -'.json'.length).replaceAll(path.sep, '/'))
		.sort();
}

/** The schema of an operation's output. */
export function outputSchema(name: string): AnySchemaObject {
	return schemaFile.parse(JSON.parse(fs.readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')));
}

/** An item that stands for a failure, as n8n knows it. */
const isFailure = (json: IDataObject) =>
	typeof json.error === 'string' &&
	Object.keys(json).every((key) => ['error', 'message', 'details'].includes(key));

/**
 * Checks items of the Talkdesk node: the editor shows users what the schema says, before anything has run.
 * @throws if there is a field that the schema doesn't have, or one is missing or different
 */
export function checkOutput(
	{ resource, operation }: INodeParameters,
	outputs: Array<INodeExecutionData[] | null>,
): void {
	const name = `${String(resource)}/${String(operation)}`;
	// At its second output, Bot, Route puts out the items that it was given.
	const described = operation === 'route' ? outputs.slice(0, 1) : outputs;
	const items = described.flatMap((output) => output ?? []).filter(({ json }) => !isFailure(json));
	if (items.length === 0) return;
	const schema = outputSchema(name);
	const validate = ajv.getSchema(name) ?? ajv.addSchema(schema, name).getSchema(name);
	for (const { json } of items) {
		if (validate?.(json)) continue;
		throw new Error(
			`The output isn't as __schema__ says, ${name}: ${ajv.errorsText(validate?.errors)}. It is ${JSON.stringify(json)}`,
		);
	}
}
