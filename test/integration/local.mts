import type { INodeParameters } from 'n8n-workflow';

import { credentialFor } from '../sandbox/credential.mts';
import { startTalkdesk, type LocalTalkdesk } from '../sandbox/talkdesk.mts';
import { runNode, type StoredCredential } from './engine.mts';

/** A Talkdesk for each test of the file that imports this, and the credential for it. */
export let talkdesk: LocalTalkdesk;
export let credential: StoredCredential;

beforeEach(async () => {
	talkdesk = await startTalkdesk();
	credential = { ...credentialFor(talkdesk), accessToken: '' };
});
afterEach(async () => await talkdesk.close());

export const START: INodeParameters = {
	resource: 'conversation',
	operation: 'start',
	contactEmail: 'ann@example.com',
	contactCenterParameters: {},
	transcriptSource: 'none',
	options: {},
};
export const SEND: INodeParameters = {
	resource: 'message',
	operation: 'send',
	conversationId: '={{ $json.conversationId }}',
	text: '={{ $json.text }}',
	options: {},
};
export const END: INodeParameters = {
	resource: 'conversation',
	operation: 'end',
	conversationId: '={{ $json.conversationId }}',
	options: {},
};

/** Runs the Talkdesk node once. */
export const run = async (
	parameters: INodeParameters,
	more: Partial<Parameters<typeof runNode>[1]> = {},
) => await runNode('talkdesk', { credential, parameters, ...more });

/** A conversation that the node has started; its id. */
export const started = async () => {
	const { items, error } = await run(START);
	if (error) throw error;
	return String(items[0]?.json.conversationId);
};
