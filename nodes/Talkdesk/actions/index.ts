import type { INodeProperties } from 'n8n-workflow';

import { deleteOperation } from './attachment/delete.operation';
import { download } from './attachment/download.operation';
import { get } from './attachment/get.operation';
import { getAll } from './attachment/getAll.operation';
import { upload } from './attachment/upload.operation';
import { create } from './case/create.operation';
import { end } from './conversation/end.operation';
import { start } from './conversation/start.operation';
import { route } from './message/route.operation';
import { send } from './message/send.operation';
import { sendAndWaitForReply } from './message/sendAndWaitForReply.operation';
import { sendTranscript } from './message/sendTranscript.operation';
import { describeOperations, type Operation } from './operation';

/** The resources with their operations. A new operation is a new file and its name here. */
export const resources: Array<{
	name: string;
	operations: Operation[];
	defaultOperation: Operation;
}> = [
	{
		name: 'attachment',
		operations: [deleteOperation, download, get, getAll, upload],
		defaultOperation: upload,
	},
	{ name: 'case', operations: [create], defaultOperation: create },
	{ name: 'conversation', operations: [end, start], defaultOperation: start },
	{
		name: 'message',
		operations: [route, send, sendAndWaitForReply, sendTranscript],
		defaultOperation: send,
	},
];

/** The parameters of all operations. */
export const operationProperties: INodeProperties[] = resources.flatMap(
	({ name, operations, defaultOperation }) =>
		describeOperations(name, operations, defaultOperation),
);
