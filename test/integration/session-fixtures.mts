import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { parseEvent } from '../../nodes/Talkdesk/trigger/event/parse';
import { FakeDataTables } from '../support/fakeDataTables.mts';
import { credential, run, START } from './fixtures.mts';
import { runNode, type RunOptions } from './runNode.mts';

export let dataTables: FakeDataTables;
/** Each test has a workflow of its own: what a process remembers belongs to a workflow. */
export let workflowId: string;
let tests = 0;
beforeEach(() => {
	dataTables = new FakeDataTables();
	workflowId = `workflow of test ${++tests}`;
});

let executions = 0;
export const own = () => ({ dataTables, workflowId, executionId: String(++executions) });

export const startFor = async (
	sessionId: string,
	more: Partial<RunOptions> = {},
	parameters: INodeParameters = {},
) => await run({ ...START, sessionId, ...parameters }, { ...own(), ...more });
/** Starts a conversation for a session. @returns its ID */
export async function started(sessionId: string, options: INodeParameters = {}): Promise<string> {
	const { items, error } = await startFor(sessionId, {}, { options });
	if (error) throw error;
	return String(items[0]?.json.conversationId);
}

export const ROUTE: INodeParameters = {
	resource: 'message',
	operation: 'route',
	sessionId: '={{ $json.sessionId }}',
	text: '={{ $json.text }}',
	options: {},
};
/** Routes a message. @returns the JSON of the items at both outputs */
export async function route(
	sessionId: string,
	text: string,
	more: Partial<RunOptions> = {},
	parameters: INodeParameters = {},
) {
	const { outputs, error } = await run(
		{ ...ROUTE, ...parameters },
		{ ...own(), items: [{ sessionId, text }], ...more },
	);
	if (error) throw error;
	const [human = [], bot = []] = outputs;
	return { human: human?.map(({ json }) => json), bot: bot?.map(({ json }) => json) };
}

let messages = 0;
/** An event as `webhook()` hands it over. */
export function event(name: string, conversationId: string, body: IDataObject = {}): IDataObject {
	const raw = {
		conversation_id: conversationId,
		timestamp: '2026-01-02T03:04:05.000Z',
		...body,
		payload: {
			message_id: `m${++messages}`,
			...(typeof body.payload === 'object' ? body.payload : {}),
		},
	};
	const parsed = parseEvent(name, raw, Date.now());
	if (!parsed.ok) throw new Error(parsed.problem);
	return { ...parsed.event };
}
export const says = (
	conversationId: string,
	content: string,
	author: object,
	body: IDataObject = {},
) => event('message_created', conversationId, { ...body, payload: { content, author } as never });
export const ZOE = { type: 'AGENT', name: 'Zoe' };

/** What the trigger puts out for events. */
export async function trigger(items: IDataObject[], more: Partial<RunOptions> = {}) {
	const { outputs, error } = await runNode('talkdeskTrigger', {
		credential,
		parameters: {
			events: ['conversation_started', 'message_created', 'conversation_ended'],
			options: {},
		},
		items,
		...own(),
		...more,
	});
	return { events: outputs.flatMap((output) => output?.map(({ json }) => json) ?? []), error };
}
