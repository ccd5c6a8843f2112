import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

const text = z.string().optional().catch(undefined);

/** A file as n8n keeps it in an item. A Code node may leave out anything. */
const keptFileSchema = z.object({ id: text, data: text, mimeType: text, fileName: text });

export type BinaryFile = z.output<typeof keptFileSchema>;

/** n8n moves the files of an item into its JSON, under this name, when the workflow's binary mode is 'combined'. */
const FILES_IN_JSON = '_files';

const inJsonSchema = z.union([
	z.record(z.unknown()),
	// A list: its places are the names.
	z.array(z.unknown()).transform((list): Record<string, unknown> => ({ ...list })),
]);

/**
 * All files of an item by the names of their fields, wherever n8n keeps them: beside the JSON, or, with the combined binary
 * mode, in it. In another mode nothing of the JSON is a file, since anybody may have written it.
 */
export function filesOf(functions: IExecuteFunctions, itemIndex: number): Map<string, BinaryFile> {
	const item = functions.getInputData()[itemIndex];
	const isCombined = functions.getWorkflowSettings().binaryMode === 'combined';
	const inJson = inJsonSchema.safeParse(isCombined ? item?.json[FILES_IN_JSON] : undefined);
	const fields = { ...(inJson.success && inJson.data), ...item?.binary };
	return new Map(
		Object.entries(fields).flatMap(([field, value]) => {
			const file = keptFileSchema.safeParse(value);
			return file.success ? [[field, file.data] as const] : [];
		}),
	);
}

/**
 * The file in a field of an item.
 *
 * @param field its name; with the combined binary mode also a path into the JSON, `_files.data`
 * @throws n8n's NodeOperationError if the item has no such file
 */
export function fileIn(functions: IExecuteFunctions, itemIndex: number, field: string): BinaryFile {
	return (
		filesOf(functions, itemIndex).get(field) ??
		keptFileSchema.parse(functions.helpers.assertBinaryData(itemIndex, field))
	);
}
