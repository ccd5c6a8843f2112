import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

const text = z.string().optional().catch(undefined);

/** A file of an n8n item. Code nodes may leave out any field. */
const binaryFileSchema = z.object({ id: text, data: text, mimeType: text, fileName: text });

export type BinaryFile = z.output<typeof binaryFileSchema>;

/** The key of the files in an item's JSON if the binary mode of the workflow is `combined`. */
const FILES_IN_JSON = '_files';

const jsonFilesSchema = z.union([
	z.record(z.unknown()),
	// The names of a list are its indexes.
	z.array(z.unknown()).transform((list): Record<string, unknown> => ({ ...list })),
]);

/**
 * All files of an item, by field name. With the combined binary mode they are in the JSON. In other modes the JSON isn't
 * looked at: it may come from a third party.
 */
export function binaryFilesOf(
	functions: IExecuteFunctions,
	itemIndex: number,
): Map<string, BinaryFile> {
	const item = functions.getInputData()[itemIndex];
	const isCombined = functions.getWorkflowSettings().binaryMode === 'combined';
	const inJson = jsonFilesSchema.safeParse(isCombined ? item?.json[FILES_IN_JSON] : undefined);
	const fields = { ...(inJson.success && inJson.data), ...item?.binary };
	return new Map(
		Object.entries(fields).flatMap(([field, value]) => {
			const file = binaryFileSchema.safeParse(value);
			return file.success ? [[field, file.data] as const] : [];
		}),
	);
}

/**
 * The file in a field of an item.
 *
 * @param field its name; with the combined binary mode also a path into the JSON, such as `_files.data`
 * @throws n8n's NodeOperationError if the item has no such file
 */
export function binaryFileIn(
	functions: IExecuteFunctions,
	itemIndex: number,
	field: string,
): BinaryFile {
	return (
		binaryFilesOf(functions, itemIndex).get(field) ??
		binaryFileSchema.parse(functions.helpers.assertBinaryData(itemIndex, field))
	);
}
