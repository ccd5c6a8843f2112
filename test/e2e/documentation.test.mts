import { z } from 'zod';

import { documents, fencesOf, type Fence } from '../support/documentation.mts';
import { startEnvironment, type Environment } from '../tools/demo/environment.mts';
import { errorOf, itemsOf } from '../tools/n8n/workflows.mts';

/** Pastes the expressions of the documents into a real n8n, each into the parameter that it is meant for. */

const EXPRESSIONS = documents()
	.flatMap(fencesOf)
	.filter(({ gives, text }) => gives !== undefined || text.includes('{{'));

const EMAIL = 'documentation@shop.internal';
const ITEM = {
	email: EMAIL,
	phone: '+15551234567',
	messages: [
		{ role: 'user', content: 'Where is my order?' },
		{ role: 'assistant', content: 'On its way.' },
	],
};
/** A table with a row for each message. */
const ROWS = [
	{ sender: 'customer', text: 'Where is my order?', created_at: '2026-01-31T12:00:00Z' },
	{ sender: 'bot', text: 'On its way.', created_at: '2026-01-31T12:00:05Z' },
];
const EARLIER = ['user: Where is my order?', 'external: On its way.'];

let environment: Environment;

beforeAll(async () => {
	environment = await startEnvironment();
}, 180_000);
afterAll(async () => await environment?.stop(), 30_000);

const node = (name: string, type: string, typeVersion: number, parameters: object) => ({
	id: name,
	name,
	type,
	typeVersion,
	position: [0, 0] as [number, number],
	parameters: { ...parameters },
});

const giving = (name: string, json: object) =>
	node(name, 'n8n-nodes-base.set', 3.4, { mode: 'raw', jsonOutput: JSON.stringify(json) });

/** Starts a conversation, with the pasted expression among its parameters. */
const starting = (name: string, parameters: object) => ({
	...node(name, 'n8n-nodes-talkdesk.talkdesk', 1, {
		resource: 'conversation',
		operation: 'start',
		contactEmail: EMAIL,
		...parameters,
	}),
	executeOnce: true,
	credentials: { talkdeskOAuth2Api: environment.credential },
});

/** What the documents' expressions find in n8n, one after the other, and then the Talkdesk nodes. */
const chain = (sessionId: string, items: object[], nodes: Array<ReturnType<typeof starting>>) => {
	const all = [
		node('Begin', 'n8n-nodes-base.manualTrigger', 1, {}),
		giving('When chat message received', { sessionId, chatInput: 'I want to talk to a human' }),
		giving('Chat history', { messages: [{ human: 'Where is my order?', ai: 'On its way.' }] }),
		giving('All items', { items }),
		node('Item', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'items', options: {} }),
		...nodes,
	];
	return {
		nodes: all,
		connections: Object.fromEntries(
			all
				.slice(1)
				.map(({ name }, index) => [
					all[index]?.name ?? '',
					{ main: [[{ node: name, type: 'main', index: 0 }]] },
				]),
		),
	};
};

const outputSchema = z.object({ conversationId: z.string(), alreadyStarted: z.boolean() });

async function run(id: string, name: string) {
	const execution = await environment.n8n.api.run(id);
	const error = errorOf(execution);
	if (error !== undefined) throw new Error(error);
	const [item] = itemsOf(execution, name);
	return outputSchema.parse(item?.json);
}

async function startWith(parameters: object, items: object[] = [ITEM]) {
	const { id } = await environment.n8n.api.createWorkflow({
		name: 'Documentation',
		...chain('session-1', items, [starting('Talkdesk', parameters)]),
		settings: { executionOrder: 'v1' },
	});
	const { conversationId } = await run(id, 'Talkdesk');
	const start = environment.talkdesk.conversation(conversationId)?.start;
	if (!start) throw new Error(`There is no conversation ${conversationId}.`);
	return start;
}

async function transcriptOf(transcript: string, items?: object[]): Promise<string[]> {
	const { previous_messages } = await startWith({ transcriptSource: 'json', transcript }, items);
	return (previous_messages ?? []).map(({ type, content }) => `${type}: ${content}`);
}

/** How each kind is pasted, and what must come of it. `paste` is the text as the editor keeps an expression. */
const CHECKS: Record<string, (paste: string) => Promise<void>> = {
	'a transcript': async (paste) => expect(await transcriptOf(paste)).toEqual(EARLIER),
	'a transcript of rows': async (paste) => expect(await transcriptOf(paste, ROWS)).toEqual(EARLIER),
	'a transcript with the last words': async (paste) =>
		expect(await transcriptOf(paste)).toEqual([...EARLIER, 'user: I want to talk to a human']),
	'contact-center parameters': async (paste) => {
		const start = await startWith({ contactEmail: '', contactCenterParameters: { json: paste } });
		expect(start.contact_person.email).toBe(EMAIL);
		expect(start.context_parameters).toMatchObject({ contact_phone: ITEM.phone });
	},
	'a session ID': async (paste) => {
		const nodes = ['First', 'Second'].map((name) => starting(name, { sessionId: paste }));
		const { id } = await environment.n8n.api.createWorkflow({
			name: 'Documentation: session ID',
			...chain('session-1', [ITEM], nodes),
			settings: { executionOrder: 'v1' },
		});
		const first = await run(id, 'First');
		const again = await run(id, 'Second');
		await environment.n8n.api.updateWorkflow(id, chain('session-2', [ITEM], nodes));
		const other = await run(id, 'First');
		expect([first.alreadyStarted, again.alreadyStarted, other.alreadyStarted]).toEqual([
			false,
			true,
			false,
		]);
		expect(again.conversationId).toBe(first.conversationId);
		expect(other.conversationId).not.toBe(first.conversationId);
	},
};

it.each(EXPRESSIONS.map((fence): [string, Fence] => [`${fence.file}:${fence.line}`, fence]))(
	'the expression at %s gives what it says',
	async (_place, { gives, text }) => {
		const check = CHECKS[gives ?? ''];
		if (!check) throw new Error(`Nothing is known of "${gives}": add a check for it.`);
		await check(`=${text}`);
	},
	60_000,
);
