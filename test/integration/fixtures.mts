import type { INodeParameters } from 'n8n-workflow';

import { credentialFor } from '../simulator/credential.mts';
import type { Fault } from '../simulator/faults.mts';
import { startTalkdesk, type LocalTalkdesk } from '../simulator/talkdesk.mts';
import { runNode, type StoredCredential } from './runNode.mts';

// What is sent again waits for real, and a busy machine takes its time.
jest.setTimeout(30_000);

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

/** A conversation that the node has started; its id. Another execution starts another one. */
export const started = async (executionId = 'execution-1') => {
	const { items, error } = await run(START, { executionId });
	if (error) throw error;
	return String(items[0]?.json.conversationId);
};
/** What the customer said in a conversation. */
export const contents = (conversationId: unknown) =>
	talkdesk.conversation(String(conversationId))?.messages.map(({ content }) => content);

export const SEND_ROUTE = 'POST /api/digital-connect/conversations/:id/messages';

/** These faults happen to the first requests of a route, one after the other; the rest goes well. */
export function failFirst(route: string, ...faults: Fault[]) {
	talkdesk.configure({
		faults: (request) => (request.route.startsWith(route) ? faults.shift() : undefined),
	});
}

/** Fulfilled when a request to the route comes in; nothing happens to it. */
export const firstRequest = async (route: string) =>
	await new Promise<void>((resolve) => {
		talkdesk.configure({
			faults: (request) => (request.route.startsWith(route) ? void resolve() : undefined),
		});
	});
