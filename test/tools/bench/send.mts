/** Message: Send beside n8n's own HTTP Request node. */
import type { N8nInstance } from '../n8n/instance.mts';
import { itemsOf } from '../n8n/workflows.mts';
import { startSimulator, type TalkdeskSimulator } from '../../simulator/simulator.mts';
import { compareDelivery } from '../../simulator/compare-delivery.mts';
import { ENGINES, withN8n, type Engine } from './engines.mts';
import { processorMs } from './processor.mts';
import type { Goal, Part, Progress, Section, Table } from './section.mts';
import { sendersFor } from './senders.mts';
import { startSource, type Source } from './source.mts';
import { inTurns, median, medianRatio } from './statistics.mts';
import { begin, createChain, executionTimeOf, run, type BenchNode } from './bench-workflows.mts';

const ROUNDS = 3;
/** The range of latencies, which vary from request to request, and are the same for both sides. */
const LATENCY_MS = { least: 25, most: 75 };
const GOAL = 1;
const SHAPES = [
	{ conversations: 500, each: 1 },
	{ conversations: 50, each: 10 },
];
type Shape = (typeof SHAPES)[number];

interface Message {
	conversationId: string;
	text: string;
	key: string;
}

/** Messages of many customers at the same time: the conversations take turns. */
function messagesFor(ids: readonly string[], { conversations, each }: Shape, round: string) {
	return Array.from({ length: each }, (_, turn) =>
		ids.slice(0, conversations).map((conversationId): Message => {
			const text = `${round}, message ${turn + 1}`;
			// A header must be ASCII.
			return { conversationId, text, key: encodeURIComponent(`${conversationId} ${text}`) };
		}),
	).flat();
}

/**
 * The number of messages that arrived after one that was sent later.
 *
 * @throws if a message is missing or duplicated
 */
function outOfOrder(talkdesk: TalkdeskSimulator, messages: Message[], round: string): number {
	const texts = new Map<string, string[]>();
	for (const { conversationId, text } of messages) {
		texts.set(conversationId, [...(texts.get(conversationId) ?? []), text]);
	}
	return talkdesk.transcripts().reduce((sum, { conversationId, customer }) => {
		const expected = texts.get(conversationId) ?? [];
		const said = customer.map(({ content }) => content ?? '');
		const found = compareDelivery(
			expected,
			said.filter((text) => text.startsWith(`${round},`)),
		);
		const wrong = [...found.lost, ...found.duplicated, ...found.unexpected];
		if (wrong.length > 0) throw new Error(`Lost, or there twice: ${wrong.slice(0, 5).join('; ')}`);
		return sum + found.outOfOrder;
	}, 0);
}

interface Environment {
	n8n: N8nInstance;
	talkdesk: TalkdeskSimulator;
	source: Source;
}

/** Gives every integer of the range once before it repeats one, in leaps. */
function unevenly({ least, most }: typeof LATENCY_MS): () => number {
	const count = most - least + 1;
	let index = 0;
	// A prime that is no divisor of the count gets to all of them.
	return () => least + ((index++ * 19) % count);
}

async function startConversations({ n8n, source }: Environment, start: BenchNode, count: number) {
	source.put(Array.from({ length: count }, (_, index) => ({ email: `c${index}@example.com` })));
	const id = await createChain(n8n, 'Start', [begin, source.node, start]);
	const started = itemsOf(await run(n8n, id), start.name);
	return started.map(({ json }) => String(json.conversationId));
}

const HEAD = [
	'messages',
	'node',
	'time of the node',
	'Talkdesk ÷ this',
	'processor, per message',
	'Talkdesk ÷ this',
	'out of order',
];

async function measureEngine(
	environment: Environment,
	{ title }: Engine,
	progress: Progress,
): Promise<{ table: Table; goals: Goal[] }> {
	const { n8n, talkdesk, source } = environment;
	const { start, senders } = await sendersFor(n8n, talkdesk);
	const ids = await startConversations(environment, start, 500);
	talkdesk.configure({ latencyMs: unevenly(LATENCY_MS) });
	const sides = await Promise.all(
		senders.map(async (node) => ({
			name: node.name,
			id: await createChain(n8n, node.name, [begin, source.node, node]),
		})),
	);
	const play = async ({ name, id }: (typeof sides)[number], shape: Shape, round: string) => {
		const messages = messagesFor(ids, shape, `${name} ${round}`);
		source.put(messages);
		const before = processorMs(n8n.pid);
		const ms = executionTimeOf(await run(n8n, id), name);
		const processor = (processorMs(n8n.pid) - before) / messages.length;
		return { ms, processor, late: outOfOrder(talkdesk, messages, `${name} ${round}`) };
	};

	const rows: string[][] = [];
	const goals: Goal[] = [];
	for (const shape of SHAPES) {
		const { conversations, each } = shape;
		const what = `${conversations} conversations × ${each}`;
		progress(`${what}, ${ROUNDS} rounds …`);
		// A warm-up: a token for each, and all code is loaded.
		for (const side of sides) await play(side, shape, `${title} ${what} before`);
		const results = await inTurns(
			sides,
			ROUNDS,
			async (side, round) => await play(side, shape, `${title} ${what} ${round}`),
		);
		const figures = (what: 'ms' | 'processor' | 'late') =>
			results.map((rounds) => rounds.map((each) => each[what]));
		const [ours = [], theirs = []] = figures('ms');
		const ratio = medianRatio(ours, theirs);
		const [ourWork = [], theirWork = []] = figures('processor');
		const late = figures('late').map((rounds) => rounds.reduce((sum, each) => sum + each, 0));
		for (const [index, { name }] of sides.entries()) {
			const row = [
				what,
				name,
				`${median(index === 0 ? ours : theirs).toFixed(0)} ms`,
				index === 0 ? '' : ratio.toFixed(2),
				`${median(index === 0 ? ourWork : theirWork).toFixed(1)} ms`,
				index === 0 ? '' : medianRatio(ourWork, theirWork).toFixed(2),
				`${late[index]} of ${conversations * each * ROUNDS}`,
			];
			rows.push(row);
			progress(`  ${row.join(' | ')}`);
		}
		goals.push(
			{
				measure: `Time to send ${what}, ${title}: share of the HTTP Request node's`,
				goal: `≤ ${GOAL}`,
				measured: ratio.toFixed(2),
				isMet: ratio <= GOAL,
			},
			{
				measure: `Messages out of order, ${what}, ${title}`,
				goal: '0',
				measured: `${late[0]}`,
				isMet: late[0] === 0,
			},
		);
	}
	return {
		table: {
			title,
			head: HEAD,
			rows,
		},
		goals,
	};
}

async function measure(progress: Progress): Promise<Section> {
	const tables: Table[] = [];
	const goals: Goal[] = [];
	const source = await startSource();
	try {
		for (const engine of ENGINES) {
			const talkdesk = await startSimulator();
			try {
				const measured = await withN8n(
					engine,
					progress,
					async (n8n) => await measureEngine({ n8n, talkdesk, source }, engine, progress),
				);
				tables.push(measured.table);
				goals.push(...measured.goals);
			} finally {
				await talkdesk.close();
			}
		}
	} finally {
		await source.close();
	}
	return {
		title: 'Sending',
		paragraphs: [
			`500 messages in one execution, to 500 conversations or in turns to 50, by the Talkdesk node and by n8n's HTTP Request node (version 4.2) with n8n's generic OAuth2 credential (client credentials) and the idempotency key that Talkdesk asks for. Both write to the same Talkdesk simulator, which lets requests wait for ${LATENCY_MS.least} to ${LATENCY_MS.most} ms, ${(LATENCY_MS.least + LATENCY_MS.most) / 2} on average. The time is the node's own, as n8n measures it; the processor time is that of n8n for the whole execution, which is the same otherwise (Linux).`,
			`Medians of ${ROUNDS} rounds, in turns; the ratio is the median of those of each round. Out of order are messages that came after one of the same conversation that was said later, over all rounds: the HTTP Request node sends everything at the same time.`,
		],
		tables,
		goals,
	};
}

export const send: Part = {
	name: 'send',
	what: "Message: Send beside n8n's HTTP Request node: time for 500 messages, and their order",
	measure,
};
