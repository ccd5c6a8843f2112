import type { INodeParameters } from 'n8n-workflow';

import { credentialFor } from '../simulator/credential.mts';
import type { Fault } from '../simulator/faults.mts';
import { startSimulator, type TalkdeskSimulator } from '../simulator/simulator.mts';
import { runNode, type StoredCredential } from './runNode.mts';

// Retries wait for real, and a busy machine is slow.
jest.setTimeout(30_000);

/** A new simulator, and its credential, for each test of the importing file. */
export let talkdesk: TalkdeskSimulator;
export let credential: StoredCredential;

beforeEach(async () => {
	talkdesk = await startSimulator();
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
/** Parameters that send a transcript to an open conversation, by default as messages. */
export const transcriptTo = (
	conversationId: string,
	transcript: INodeParameters[],
	options: INodeParameters = {},
): INodeParameters => ({
	resource: 'message',
	operation: 'sendTranscript',
	conversationId,
	transcriptSource: 'json',
	transcript,
	sendAs: 'message',
	options,
});
/** A transcript that becomes two messages, with the option for it. */
export const TWO_PARTS = {
	transcript: [
		{ role: 'user', content: 'a'.repeat(90) },
		{ role: 'assistant', content: 'b'.repeat(90) },
	],
	options: { messageLength: 120 },
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

/** Starts a conversation with the node. @returns its id; another execution gives another one */
export const startConversation = async (executionId = 'execution-1') => {
	const { items, error } = await run(START, { executionId });
	if (error) throw error;
	return String(items[0]?.json.conversationId);
};
/** The texts of a conversation. */
export const contents = (conversationId: unknown) =>
	talkdesk.conversation(String(conversationId))?.messages.map(({ content }) => content);

/** The transcript of the newest conversation, as lines: `type: content`. */
export const sentTranscript = () =>
	(talkdesk.conversations().at(-1)?.start.previous_messages ?? []).map(
		({ type, content }) => `${type}: ${content}`,
	);

export const SEND_ROUTE = 'POST /api/digital-connect/conversations/:id/messages';

/** Makes the first requests of a route fail, each with one of these faults. */
export function failFirst(route: string, ...faults: Fault[]) {
	talkdesk.configure({
		faults: (request) => (request.route.startsWith(route) ? faults.shift() : undefined),
	});
}

/** Fulfilled at the first request of a route, which succeeds if it gets no fault. */
export const firstRequest = async (route: string, ...faults: Fault[]) =>
	await new Promise<void>((resolve) => {
		talkdesk.configure({
			faults: (request) => {
				if (!request.route.startsWith(route)) return undefined;
				resolve();
				return faults.shift();
			},
		});
	});
