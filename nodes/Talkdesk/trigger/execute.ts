import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { z } from 'zod';

import { getAttachment } from '../api/attachments';
import { talkdeskClient, type TalkdeskClient } from '../api/client';
import { downloadFile } from '../files/download';
import type { FilePolicy } from '../files/policy';
import { EVENTS } from './events';

/** An attachment of an event, as `readEvent` gives it. */
const attachmentsSchema = z
	.array(
		z.object({
			id: z.string().optional(),
			name: z.string().optional(),
			type: z.string().optional(),
			size: z.number().optional(),
		}),
	)
	.catch([]);

export interface TriggerOptions {
	downloadAttachments: boolean;
	policy: FilePolicy;
}

/**
 * Does the work of the trigger inside the execution: fetches the files of messages where that is wanted, and puts every
 * event on its output, one for each chosen event, in the order of `EVENTS`.
 */
export async function executeTrigger(
	this: IExecuteFunctions,
	{ downloadAttachments, policy }: TriggerOptions,
): Promise<INodeExecutionData[][]> {
	const parameter: unknown = this.getNodeParameter('events', 0);
	const chosen = EVENTS.filter((event) => Array.isArray(parameter) && parameter.includes(event));
	let items = this.getInputData();
	if (downloadAttachments) {
		items = await Promise.all(items.map(async (item) => await withFiles(this, item, policy)));
	}
	return chosen.map((event) => items.filter(({ json }) => json.event === event));
}

/** The item with the files of its attachments. One that can't be fetched says so itself; the message goes on. */
async function withFiles(
	functions: IExecuteFunctions,
	item: INodeExecutionData,
	policy: FilePolicy,
): Promise<INodeExecutionData> {
	const listed = attachmentsSchema.parse(item.json.attachments);
	const binary: IBinaryKeyData = { ...item.binary };
	const attachments: IDataObject[] = [];
	for (const [index, attachment] of listed.entries()) {
		const { id } = attachment;
		const field = `attachment_${index}`;
		try {
			if (!id) throw new Error('Talkdesk gave no id for it.');
			const context = { client: await talkdeskClient(functions), functions };
			const known = attachment.name && attachment.type ? undefined : await describe(context, id);
			const complete = { name: known?.name ?? field, ...known, ...attachment, id };
			binary[field] = await downloadFile(context, complete, { policy });
			attachments.push({ ...complete, field });
		} catch (error) {
			attachments.push({
				...attachment,
				error: error instanceof Error ? error.message : String(error),
			});
		}
	}
	return { ...item, json: { ...item.json, attachments }, binary };
}

async function describe({ client }: { client: TalkdeskClient }, id: string) {
	const { name, type, size } = await getAttachment(client, id, {});
	return { name, type, size };
}
