/** The Talkdesk Trigger beside n8n's own Webhook node. */
import { MAX_KEYS } from '../../../nodes/Talkdesk/deduplication/database.ts';
import type { N8nInstance } from '../n8n/instance.mts';
import { ENGINES, withN8n, type Engine } from './engines.mts';
import { publishListeners, workedOff, type Listener } from './listeners.mts';
import { shoot, type Load } from './load.mts';
import { processorMs } from './processor.mts';
import type { Goal, Part, Progress, Section, Table } from './section.mts';
import { startSource, type Source } from './source.mts';
import { inTurns, median, medianRatio, quantile } from './statistics.mts';

const GOAL = 0.95;
const ROUNDS = 5;
/** For the two sides of the goal, which are a few percent apart: more than a machine varies in few rounds. */
const GOAL_ROUNDS = 15;
const CONNECTIONS = [1, 10, 50];
/** The approximate length of a round with the plain Webhook node. */
const ROUND_SECONDS = 2;
/** For each connection, so that a round is long enough. */
const FEWEST_EACH = 2;
const WARM_UP: Load = { connections: 10, amount: 100 };

interface Measured {
	perSecond: number;
	p50: number;
	p99: number;
	/** Milliseconds per execution, from the first request to the end of the last execution. */
	perExecution: number;
	/** Milliseconds of n8n's processor time for each execution. */
	processor: number;
}

async function measureEngine(
	n8n: N8nInstance,
	{
		source,
		engine: { title, hasIsolates },
		progress,
	}: { source: Source; engine: Engine; progress: Progress },
): Promise<{ table: Table; goals: Goal[] }> {
	const { ours, unchecked, open, authenticated, ordinary } = await publishListeners(n8n, source);
	const sides = [ours, unchecked, open, authenticated, ordinary];
	const done = new Map<Listener, number>();
	for (const side of sides) {
		done.set(side, await n8n.api.countExecutions(side.workflowId, 'success'));
	}
	const play = async (listener: Listener, load: Load): Promise<Measured> => {
		const before = processorMs(n8n.pid);
		const { begunAt, perSecond, latencies } = await shoot(listener, load);
		const expected = (done.get(listener) ?? 0) + load.amount;
		done.set(listener, expected);
		const doneAt = await workedOff(n8n, listener, expected);
		return {
			perSecond,
			p50: quantile(latencies, 0.5),
			p99: quantile(latencies, 0.99),
			perExecution: (doneAt - begunAt) / load.amount,
			processor: (processorMs(n8n.pid) - before) / load.amount,
		};
	};
	progress('Warming up …');
	for (const listener of sides) await play(listener, WARM_UP);

	const rows: string[][] = [];
	/** The two sides whose requests per second are compared. */
	const [held, against] = hasIsolates ? [ours, ordinary] : [unchecked, authenticated];
	/** For each number of connections. */
	const ratios: number[] = [];
	for (const connections of CONNECTIONS) {
		const { perSecond } = await play(open, { connections, amount: connections * FEWEST_EACH });
		const amount = Math.max(connections * FEWEST_EACH, Math.round(perSecond * ROUND_SECONDS));
		progress(`${connections} connections, ${ROUNDS} rounds of ${amount} requests …`);
		const playRound = async (side: Listener) => await play(side, { connections, amount });
		const results = await inTurns(sides, ROUNDS, playRound);
		const figuresOf = (side: Listener, what: keyof Measured) =>
			(results[sides.indexOf(side)] ?? []).map((each) => each[what]);
		for (const side of sides) {
			const figures = (what: keyof Measured) => figuresOf(side, what);
			const share = (what: keyof Measured) =>
				side === ours ? '' : medianRatio(figuresOf(ours, what), figures(what)).toFixed(2);
			const milliseconds = (what: keyof Measured) => `${median(figures(what)).toFixed(1)} ms`;
			const row = [
				`${connections}`,
				side.name,
				median(figures('perSecond')).toFixed(1),
				share('perSecond'),
				milliseconds('p50'),
				milliseconds('p99'),
				milliseconds('perExecution'),
				share('perExecution'),
				milliseconds('processor'),
				share('processor'),
			];
			rows.push(row);
			progress(`  ${row.join(' | ')}`);
		}
		const [ofHeld = [], ofAgainst = []] = (
			await inTurns([held, against], GOAL_ROUNDS, playRound)
		).map((rounds) => rounds.map(({ perSecond: rate }) => rate));
		ratios.push(medianRatio(ofHeld, ofAgainst));
		progress(`  ${held.name} ÷ ${against.name}: ${ratios.at(-1)?.toFixed(2)}`);
	}
	return {
		table: { title, head: HEAD, rows },
		goals: [
			{
				measure: `“${held.name}”, requests per second with ${CONNECTIONS.join(', ')} connections: share of “${against.name}”; ${title}`,
				goal: `≥ ${GOAL}`,
				measured: ratios.map((ratio) => ratio.toFixed(2)).join(', '),
				isMet: ratios.every((ratio) => ratio >= GOAL),
			},
		],
	};
}

const HEAD = [
	'connections',
	'workflow begins with',
	'requests/s',
	'trigger ÷ this',
	'answer p50',
	'answer p99',
	'all done, per execution',
	'trigger ÷ this',
	'processor, per execution',
	'trigger ÷ this',
];

async function measure(progress: Progress): Promise<Section> {
	const tables: Table[] = [];
	const goals: Goal[] = [];
	const source = await startSource();
	try {
		for (const engine of ENGINES) {
			const measured = await withN8n(
				engine,
				progress,
				async (n8n) => await measureEngine(n8n, { source, engine, progress }),
			);
			tables.push(measured.table);
			goals.push(...measured.goals);
		}
	} finally {
		await source.close();
	}
	return {
		title: 'Trigger',
		paragraphs: [
			`Five published workflows on one n8n, each a trigger and a No Operation node: the Talkdesk Trigger with an API key, as it is and with the option _Ignore Duplicates_ off, and n8n's Webhook node (answers immediately) in version 2 without and with header authentication, and in version 1. All get the same body, \`message_created\`, with an id of its own each time, of ten messages an agent writes in each of 50 open conversations; every request was answered with a 2xx and became an execution that succeeded.`,
			`Where n8n evaluates expressions in isolates, its default, it makes one for each call of any trigger before the node is asked, and spares only its own Webhook node, by its type and from version 2 on (\`webhookPhaseNeedsIsolate\` in n8n's live-webhooks.js). No other node can be faster than version 1 there, so the goal is held against that; with \`legacy\` there are no isolates, and it is held against version 2.`,
			`For each execution n8n's helper for duplicates (\`checkProcessedAndRecord\`) reads a row of n8n's database and writes it back, which the Webhook node does not do. So with \`legacy\`, where no isolates hide that, the goal is held for the trigger without it, and the table shows both.`,
			`Medians of ${ROUNDS} rounds, in turns; a round begins when n8n has worked off the one before. The ratios are medians of those of each round. The two sides of a goal are a few percent apart, so they have ${GOAL_ROUNDS} rounds more, next to each other, and the goal is held for those. A round has as many requests as the Webhook node takes in ${ROUND_SECONDS} seconds. The trigger's memory for duplicates is full from the beginning, with ${MAX_KEYS} events: it is one row of n8n's database, which executions read and write as a whole. “All done” is the time from a round's first request until its last execution had ended, “processor” n8n's processor time until then, which says what something costs also where others use the machine (Linux).`,
		],
		tables,
		goals,
	};
}

export const trigger: Part = {
	name: 'trigger',
	what: "the Talkdesk Trigger beside n8n's Webhook node: requests per second, latency",
	measure,
};
