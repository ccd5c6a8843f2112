import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { run } from './fixtures.mts';
import type { RunOptions } from './runNode.mts';
import { own } from './session-fixtures.mts';

export const WAIT: INodeParameters = {
	resource: 'message',
	operation: 'sendAndWaitForReply',
	conversationId: '={{ $json.conversationId }}',
	text: '',
	options: {},
};
/** Runs *Send and Wait for Reply*, with the JSON of its item. */
export const wait = async (
	json: IDataObject,
	parameters: INodeParameters = {},
	more: Partial<RunOptions> = {},
) => await run({ ...WAIT, ...parameters }, { ...own(), items: [json], ...more });
