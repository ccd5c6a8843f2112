/** The live chat example beside the one that came before sessions. */
import { randomBytes } from 'node:crypto';

import { credentialFor } from '../../simulator/credential.mts';
import { startSimulator, type TalkdeskSimulator } from '../../simulator/simulator.mts';
import { startChat, type Chat } from '../demo/chat.mts';
import { conversationOf } from '../demo/conversation.mts';
import { importExample } from '../demo/environment.mts';
import type { N8nInstance } from '../n8n/instance.mts';
import { itemsOf } from '../n8n/workflows.mts';
import {
	begin,
	createChain,
	CREDENTIAL_TYPE,
	run,
	TALKDESK,
	type BenchNode,
} from './bench-workflows.mts';
import { ENGINES, withN8n } from './engines.mts';
import { workedOff } from './listeners.mts';
import { processorMs } from './processor.mts';
import type { Goal, Part, Progress, Section, Table } from './section.mts';
import { inTurns, median, medianRatio } from './statistics.mts';

/** Relative to the least that any workflow does. */
const GOAL = 1.5;
const ROUNDS = 5;
const CUSTOMERS = 5;
/** In each round and direction. */
const MESSAGES = 20;

const VERSIONS: Version[] = [
	{ name: 'with sessions', file: 'examples/live-chat-hand-off.json' },
	{ name: 'before', file: 'test/tools/bench/live-chat-before-sessions.json' },
	{ name: 'the least', file: 'test/tools/bench/live-chat-least.json', isLeast: true },
];
interface Version {
	name: string;
	file: string;
	/** Whether it remembers nothing: its chat uses the conversation ID as the session ID. */
	isLeast?: boolean;
}

/** A customer whose chat a human has. */
interface Talk {
	/** Resolves when n8n has answered. */
	customerSays(text: string): Promise<void>;
	/** Resolves when the customer has the message. */
	agentSays(text: string): Promise<void>;
}

interface Side extends Version {
	workflowId: string;
	talks: Talk[];
}

/** Imports a version, with a touchpoint, a credential, and paths of its own. */
async function publish(
	{ name, file }: Version,
	{ n8n, talkdesk, chat }: { n8n: N8nInstance; talkdesk: TalkdeskSimulator; chat: Chat },
) {
	const touchpointId = name.replaceAll(' ', '-');
	const key = randomBytes(24).toString('hex');
	const credential = await n8n.api.createCredential(name, CREDENTIAL_TYPE, {
		...credentialFor(talkdesk),
		touchpointId,
		webhookAuthentication: 'apiKey',
		webhookApiKey: key,
	});
	const { workflowId, basePath } = await importExample(n8n, file, {
		credentials: { [CREDENTIAL_TYPE]: credential },
		chat,
		// Both have the same paths, and n8n gives a path to one workflow only.
		async adapt({ nodes }) {
			for (const node of nodes) {
				if (node.webhookId) node.webhookId = `${node.webhookId}-${touchpointId}`;
				if (node.name === 'Customer writes') node.parameters.path = touchpointId;
			}
			return {};
		},
	});
	chat.webhookUrl = `${n8n.webhookUrl}/${touchpointId}`;
	const integration = { basePath, authentication: { type: 'apiKey' as const, key } };
	return { workflowId, credential, touchpoint: { id: touchpointId, integration } };
}

/** Starts a conversation without the example. @returns its ID */
async function startConversation(
	n8n: N8nInstance,
	credential: { id: string; name: string },
	email: string,
): Promise<string> {
	const start: BenchNode = {
		name: 'Start',
		type: TALKDESK,
		parameters: { resource: 'conversation', operation: 'start', contactEmail: email },
		credentials: { [CREDENTIAL_TYPE]: credential },
	};
	const execution = await run(n8n, await createChain(n8n, start.name, [begin, start]));
	return String(itemsOf(execution, start.name)[0]?.json.conversationId);
}

/** Hands a new customer over. @param sessionId that of the chat, if it is known already */
async function handOver(
	talkdesk: TalkdeskSimulator,
	chat: Chat,
	{ name, email, sessionId = name }: { name: string; email: string; sessionId?: string },
): Promise<Talk> {
	const customer = chat.customer({ sessionId, email, name });
	const says = async (text: string) => {
		const { handledBy, error } = await customer.says(text);
		if (handledBy !== 'human' || error) throw new Error(`${name} did not reach the human.`);
	};
	await says('I would like to talk to a human');
	const { id } = await conversationOf(talkdesk, email);
	await talkdesk.agent.join(id, { name: 'Zoe' });
	return {
		customerSays: says,
		async agentSays(content) {
			const called = talkdesk.agent.say(id, content);
			await customer.hears(({ text }) => text === content, content);
			await called;
		},
	};
}

const DIRECTIONS = [
	{ name: "the customer's message, from call to answer", does: 'customerSays' },
	{ name: "the agent's message, from call to the customer", does: 'agentSays' },
] as const;

interface Measured {
	/** Milliseconds of a message: the median of the round. */
	time: number;
	/** Milliseconds of n8n's processor time for each message. */
	processor: number;
}

async function measureEngine(
	n8n: N8nInstance,
	{ talkdesk, title, progress }: { talkdesk: TalkdeskSimulator; title: string; progress: Progress },
	chats: readonly Chat[],
): Promise<{ table: Table; goals: Goal[] }> {
	const published = await Promise.all(
		VERSIONS.map(async (version, index) => {
			const chat = chats[index];
			if (!chat) throw new Error('There is a chat for each version.');
			return { version, chat, ...(await publish(version, { n8n, talkdesk, chat })) };
		}),
	);
	const touchpoints = published.map(({ touchpoint }) => touchpoint);
	// Without calls of Talkdesk yet: the former example tells the customer of a start, in words that the chat no longer takes.
	talkdesk.configure({ touchpoints: touchpoints.map(({ id }) => ({ id })) });
	const sides: Side[] = [];
	for (const { version, chat, workflowId, credential } of published) {
		const talks: Talk[] = [];
		for (let index = 0; index < CUSTOMERS; index++) {
			const name = `${title} ${version.name} ${index}`.replace(/\W+/g, '-');
			const email = `${name}@example.com`;
			const sessionId = version.isLeast && (await startConversation(n8n, credential, email));
			talks.push(await handOver(talkdesk, chat, { name, email, ...(sessionId && { sessionId }) }));
		}
		sides.push({ ...version, workflowId, talks });
	}
	talkdesk.configure({ touchpoints });

	let said = 0;
	const play = async (
		{ talks, name, workflowId }: Side,
		does: (typeof DIRECTIONS)[number]['does'],
	): Promise<Measured> => {
		const done = await n8n.api.countExecutions(workflowId, 'success');
		const before = processorMs(n8n.pid);
		const times: number[] = [];
		for (let index = 0; index < MESSAGES; index++) {
			const begun = performance.now();
			await talks[index % talks.length]?.[does](`message ${++said}`);
			times.push(performance.now() - begun);
		}
		await workedOff(n8n, { name, workflowId }, done + MESSAGES);
		const processor = (processorMs(n8n.pid) - before) / MESSAGES;
		return { time: median(times), processor };
	};

	const rows: string[][] = [];
	const goals: Goal[] = [];
	for (const direction of DIRECTIONS) {
		progress(`${direction.name}, ${ROUNDS} rounds of ${MESSAGES} …`);
		// A warm-up: all code is loaded, and each agent has written.
		for (const side of sides) await play(side, direction.does);
		const results = await inTurns(sides, ROUNDS, async (side) => await play(side, direction.does));
		const figures = (what: keyof Measured) =>
			results.map((rounds) => rounds.map((each) => each[what]));
		const [times, processor] = [figures('time'), figures('processor')];
		const ratioOf = ([now = [], ...others]: number[][], index: number) =>
			medianRatio(now, others[index - 1] ?? []);
		for (const [index, { name }] of sides.entries()) {
			const milliseconds = (all: number[][]) => `${median(all[index] ?? []).toFixed(1)} ms`;
			const share = (all: number[][]) => (index === 0 ? '' : ratioOf(all, index).toFixed(2));
			const row = [
				...[direction.name, name, milliseconds(times), share(times)],
				...[milliseconds(processor), share(processor)],
			];
			rows.push(row);
			progress(`  ${row.join(' | ')}`);
		}
		const least = sides.findIndex(({ isLeast }) => isLeast);
		const ratios = [ratioOf(times, least), ratioOf(processor, least)];
		goals.push({
			measure: `Live chat example, ${direction.name}: time and processor time, compared with the least that any workflow does; ${title}`,
			goal: `≤ ${GOAL}`,
			measured: ratios.map((ratio) => ratio.toFixed(2)).join(', '),
			isMet: ratios.every((ratio) => ratio <= GOAL),
		});
	}
	return { table: { title, head: HEAD, rows }, goals };
}

const HEAD = [
	...['message', 'example', 'time', 'with sessions ÷ this'],
	...['processor, per message', 'with sessions ÷ this'],
];

async function measure(progress: Progress): Promise<Section> {
	const tables: Table[] = [];
	const goals: Goal[] = [];
	for (const engine of ENGINES) {
		const talkdesk = await startSimulator();
		const chats = await Promise.all(VERSIONS.map(async () => await startChat()));
		try {
			const measured = await withN8n(engine, progress, async (n8n) => {
				const context = { talkdesk, title: engine.title, progress };
				return await measureEngine(n8n, context, chats);
			});
			tables.push(measured.table);
			goals.push(...measured.goals);
		} finally {
			for (const chat of chats) await chat.close();
			await talkdesk.close();
		}
	}
	return {
		title: 'Hand-off',
		paragraphs: [
			`The live chat example, and its last version before sessions, which keeps in a Data Table of its own who talks to whom. Beside them the least that any workflow does for a message: the Webhook node, _Message: Send_ and _Respond to Webhook_; the Talkdesk Trigger without _Find Session_, and an HTTP Request. It remembers nothing: its chat uses the conversation ID. All are published on one n8n, each with ${CUSTOMERS} customers whose chats a human has. The messages go one after the other: a customer's is over when n8n has answered, an agent's when the chat has it. Talkdesk (the simulator) answers at once.`,
			`Medians of ${ROUNDS} rounds of ${MESSAGES} messages, in turns; the ratios are medians of those of each round. The processor time is that of n8n until its executions have ended (Linux).`,
		],
		tables,
		goals,
	};
}

export const handOff: Part = {
	name: 'hand-off',
	what: 'the live chat example beside its version before sessions, and the least workflow: a message in each direction',
	measure,
};
