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
import { markProcessed } from '../deduplication/database';
import { describeShape } from '../text/bodyShape';
import { isFirstOfAgent } from './agentJoined';
import { EVENTS } from './event/parse';
import { findSession } from './session';

/** An attachment of an event, as `parseEvent` gives it. */
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
	ignoreDuplicates: boolean;
	findSession: boolean;
	includeBodyShape: boolean;
	/** Which files may pass; none if the options for that are wrong. */
	policy: FilePolicy | { problem: string };
	/** What is wrong with the options, for the user. */
	problems: string[];
}

/**
 * Puts every event on its output: one for each chosen event, in the order of `EVENTS`. Drops duplicates, finds sessions and
 * downloads the files of messages, as the options say.
 *
 * An event that fails here is recorded as processed; n8n's Retry delivers it, since duplicates pass in a retried execution.
 */
export async function executeTrigger(
	this: IExecuteFunctions,
	options: TriggerOptions,
): Promise<INodeExecutionData[][]> {
	const parameter: unknown = this.getNodeParameter('events', 0);
	const chosen = EVENTS.filter((event) => Array.isArray(parameter) && parameter.includes(event));
	let items = this.getInputData();
	for (const message of options.problems) {
		this.logger.warn(`${this.getNode().name}: ${message}`);
		this.addExecutionHints({ message, type: 'warning', location: 'outputPane' });
	}
	if (options.ignoreDuplicates) items = await dropDuplicates(this, items);
	items = await Promise.all(items.map(async (item) => await addContext(this, item, options)));
	return chosen.map((event) => items.filter(({ json }) => json.event === event));
}

/** The item with its session, whether an agent joins, and its files, as far as the options want them. */
async function addContext(
	functions: IExecuteFunctions,
	item: INodeExecutionData,
	{ downloadAttachments, findSession: wantsSession, includeBodyShape, policy }: TriggerOptions,
): Promise<INodeExecutionData> {
	const session = wantsSession ? await findSessionOrFail(functions, item.json) : {};
	const agentJoined = await isFirstOfAgent(functions, item.json);
	const { raw, ...json } = item.json;
	const withContext = {
		...item,
		json: {
			...json,
			...session,
			...(agentJoined !== undefined && { agentJoined }),
			...(includeBodyShape && { bodyShape: describeShape(raw) }),
			raw,
		},
	};
	return downloadAttachments ? await addFiles(functions, withContext, policy) : withContext;
}

/**
 * The session of an event. If the store fails, so does the execution, and n8n's Retry delivers the event. A node that is to
 * continue gets the event without its session, with the reason: n8n would put it on the first output.
 */
async function findSessionOrFail(
	functions: IExecuteFunctions,
	json: IDataObject,
): Promise<IDataObject> {
	return await findSession(functions, json).catch((error: unknown) => {
		if (!functions.continueOnFail()) throw error;
		return { sessionError: error instanceof Error ? error.message : String(error) };
	});
}

/** The items whose events come for the first time. */
async function dropDuplicates(
	functions: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[]> {
	const mode = functions.getMode();
	// A test in the editor, where the same event is sent again and again.
	if (mode === 'manual') return items;
	const isNew = await Promise.all(
		items.map(async ({ json }) => {
			const { eventId } = json;
			const isFirst = typeof eventId !== 'string' || (await markProcessed(functions, eventId));
			// A retried execution has recorded the event itself.
			return isFirst || mode === 'retry';
		}),
	);
	return items.filter((_item, index) => isNew[index]);
}

/** The item with the files of its attachments. An attachment that can't be downloaded has an `error` instead. */
async function addFiles(
	functions: IExecuteFunctions,
	item: INodeExecutionData,
	policy: TriggerOptions['policy'],
): Promise<INodeExecutionData> {
	const listed = attachmentsSchema.parse(item.json.attachments);
	const binary: IBinaryKeyData = { ...item.binary };
	const attachments: IDataObject[] = [];
	for (const [index, attachment] of listed.entries()) {
		const { id } = attachment;
		const field = `attachment_${index}`;
		try {
			if ('problem' in policy) throw new Error(policy.problem);
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
	const { name, type, size } = await getAttachment(client, id);
	return { name, type, size };
}
