/** What sessions cost: the trigger that knows one, and a look-up in a large Data Table. */
import { randomBytes, randomUUID } from 'node:crypto';

import { credentialFor } from '../../simulator/credential.mts';
import { startSimulator, type TalkdeskSimulator } from '../../simulator/simulator.mts';
import type { N8nInstance } from '../n8n/instance.mts';
import { itemsOf } from '../n8n/workflows.mts';
import {
	begin,
	chain,
	createChain,
	CREDENTIAL_TYPE,
	executionTimeOf,
	run,
	TALKDESK,
	TALKDESK_TRIGGER,
	type BenchNode,
} from './bench-workflows.mts';
import { ENGINES, LEGACY, withN8n, type Engine } from './engines.mts';
import { newMessage, workedOff, type Listener } from './listeners.mts';
import { shoot } from './load.mts';
import { processorMs } from './processor.mts';
import type { Goal, Part, Progress, Section, Table } from './section.mts';
import { startSource, type Source } from './source.mts';
import { inTurns, median, medianRatio } from './statistics.mts';

const TRIGGER_GOAL = 1.05;
const TRIGGER_ROUNDS = 15;
const LOAD = { connections: 10, amount: 100 };
const CONVERSATIONS = 10;

const LOOK_UP_GOAL = 2;
const LOOK_UP_ROUNDS = 30;
const SIZES = [5000, 100_000];
const ROWS_PER_CALL = 5000;
const TABLE = 'talkdesk_conversations';

interface Environment {
	n8n: N8nInstance;
	talkdesk: TalkdeskSimulator;
	source: Source;
	credentials: Record<string, { id: string; name: string }>;
}

/** Starts conversations with sessions, which makes the Data Table. @returns their IDs */
async function startSessions({ n8n, source, credentials }: Environment): Promise<string[]> {
	source.put(Array.from({ length: CONVERSATIONS }, () => ({ sessionId: randomUUID() })));
	const start: BenchNode = {
		name: 'Start',
		type: TALKDESK,
		parameters: {
			resource: 'conversation',
			operation: 'start',
			contactEmail: 'ann@example.com',
			sessionId: '={{ $json.sessionId }}',
		},
		credentials,
	};
	const id = await createChain(n8n, 'Start', [begin, source.node, start]);
	const started = itemsOf(await run(n8n, id), start.name);
	return started.map(({ json }) => String(json.conversationId));
}

async function measureTrigger(
	environment: Environment,
	{ title }: Engine,
	{ key, progress }: { key: string; progress: Progress },
): Promise<{ table: Table; goals: Goal[] }> {
	const { n8n, credentials } = environment;
	const conversations = await startSessions(environment);
	let sent = 0;
	const publish = async (name: string, findSession: boolean): Promise<Listener> => {
		const trigger = {
			name,
			type: TALKDESK_TRIGGER,
			parameters: { events: ['message_created'], options: { findSession } },
			webhookId: randomUUID(),
			credentials,
		};
		const nothing = { name: 'Nothing', type: 'n8n-nodes-base.noOp', parameters: {} };
		const { id } = await n8n.api.createWorkflow({ name, ...chain([trigger, nothing]) });
		await n8n.api.activate(id);
		return {
			name,
			workflowId: id,
			url: `${n8n.webhookUrl}/${trigger.webhookId}/message_created`,
			headers: { 'x-api-key': key },
			body: () => newMessage(conversations[sent++ % conversations.length]),
		};
	};
	const sides = [await publish('known session', true), await publish('without sessions', false)];
	const play = async (side: Listener) => {
		const done = await n8n.api.countExecutions(side.workflowId, 'success');
		const before = processorMs(n8n.pid);
		const { begunAt } = await shoot(side, LOAD);
		const doneAt = await workedOff(n8n, side, done + LOAD.amount);
		return {
			time: (doneAt - begunAt) / LOAD.amount,
			processor: (processorMs(n8n.pid) - before) / LOAD.amount,
		};
	};
	progress(`Trigger, ${TRIGGER_ROUNDS} rounds of ${LOAD.amount} requests …`);
	for (const side of sides) await play(side);
	const results = await inTurns(sides, TRIGGER_ROUNDS, play);
	const figures = (what: 'time' | 'processor') =>
		results.map((rounds) => rounds.map((each) => each[what]));
	const [times, processor] = [figures('time'), figures('processor')];
	const ratioOf = ([known = [], without = []]: number[][]) => medianRatio(known, without);
	const rows = sides.map(({ name }, index) => [
		name,
		`${median(times[index] ?? []).toFixed(1)} ms`,
		index === 0 ? '' : ratioOf(times).toFixed(2),
		`${median(processor[index] ?? []).toFixed(1)} ms`,
		index === 0 ? '' : ratioOf(processor).toFixed(2),
	]);
	for (const row of rows) progress(`  ${row.join(' | ')}`);
	const ratios = [ratioOf(times), ratioOf(processor)];
	const head = [
		...['trigger', 'all done, per execution', 'known session ÷ this'],
		...['processor, per execution', 'known session ÷ this'],
	];
	return {
		table: { title: `The trigger, ${title}`, head, rows },
		goals: [
			{
				measure: `Trigger with a known session: time and processor time for each event, compared with _Find Session_ off; ${title}`,
				goal: `≤ ${TRIGGER_GOAL}`,
				measured: ratios.map((ratio) => ratio.toFixed(2)).join(', '),
				isMet: ratios.every((ratio) => ratio <= TRIGGER_GOAL),
			},
		],
	};
}

/** Gives a session an ended conversation. */
const endedRow = () => ({
	conversationId: randomUUID(),
	sessionId: randomUUID(),
	sessionData: '{"channel":"web"}',
	contactEmail: 'somebody@example.com',
	touchpointId: randomUUID(),
	status: 'ended',
	agentName: 'Zoe',
	startedAt: new Date().toISOString(),
	endedAt: new Date().toISOString(),
	endReason: '',
});

/** Fills the Data Table up to a size, and prepares the look-up of one of its sessions. */
async function prepareLookUp(environment: Environment, size: number) {
	const { n8n, source, credentials } = environment;
	await startSessions(environment);
	const sessionIds: string[] = [];
	for (let count = 0; count < size; count += ROWS_PER_CALL) {
		const rows = Array.from({ length: ROWS_PER_CALL }, endedRow);
		await n8n.api.addDataTableRows(TABLE, rows);
		sessionIds.push(...rows.map(({ sessionId }) => sessionId));
	}
	const route: BenchNode = {
		name: 'Route',
		type: TALKDESK,
		parameters: {
			resource: 'message',
			operation: 'route',
			sessionId: '={{ $json.sessionId }}',
			text: 'Hello',
		},
		credentials,
	};
	const id = await createChain(n8n, 'Route', [begin, source.node, route]);
	const stride = Math.floor(size / (LOOK_UP_ROUNDS + 1));
	let round = 0;
	return async () => {
		source.put([{ sessionId: sessionIds[(round++ * stride) % size] }]);
		const execution = await run(n8n, id);
		if (itemsOf(execution, route.name, { output: 1 }).length !== 1) {
			throw new Error('The bot should have had the chat of an ended conversation.');
		}
		return executionTimeOf(execution, route.name);
	};
}

/** Does some work with a new n8n, a Talkdesk and a source of items. */
async function inEnvironment<Result>(
	engine: Engine,
	progress: Progress,
	work: (environment: Environment & { key: string }) => Promise<Result>,
): Promise<Result> {
	const key = randomBytes(24).toString('hex');
	const talkdesk = await startSimulator();
	const source = await startSource();
	try {
		return await withN8n(engine, progress, async (n8n) => {
			const credential = await n8n.api.createCredential('Talkdesk', CREDENTIAL_TYPE, {
				...credentialFor(talkdesk),
				webhookAuthentication: 'apiKey',
				webhookApiKey: key,
			});
			const credentials = { [CREDENTIAL_TYPE]: credential };
			return await work({ n8n, talkdesk, source, credentials, key });
		});
	} finally {
		await source.close();
		await talkdesk.close();
	}
}

async function measureLookUps(progress: Progress): Promise<{ table: Table; goals: Goal[] }> {
	const [small = 0, large = 0] = SIZES;
	return await inEnvironment(LEGACY, progress, async (first) =>
		inEnvironment(LEGACY, progress, async (second) => {
			progress(`Filling Data Tables with ${small} and ${large} conversations …`);
			const sides = [await prepareLookUp(second, large), await prepareLookUp(first, small)];
			for (const lookUp of sides) await lookUp();
			const [many = [], few = []] = await inTurns(
				sides,
				LOOK_UP_ROUNDS,
				async (lookUp) => await lookUp(),
			);
			const ratio = medianRatio(many, few);
			const rows = [
				[`${large}`, `${median(many).toFixed(0)} ms`, ''],
				[`${small}`, `${median(few).toFixed(0)} ms`, ratio.toFixed(2)],
			];
			for (const row of rows) progress(`  ${row.join(' | ')}`);
			return {
				table: {
					title: 'A look-up',
					head: ['conversations', 'time of the node', `${large} ÷ this`],
					rows,
				},
				goals: [
					{
						measure: `Look-up among ${large} conversations, compared with one among ${small}`,
						goal: `≤ ${LOOK_UP_GOAL}`,
						measured: ratio.toFixed(2),
						isMet: ratio <= LOOK_UP_GOAL,
					},
				],
			};
		}),
	);
}

async function measure(progress: Progress): Promise<Section> {
	const parts: Array<{ table: Table; goals: Goal[] }> = [];
	for (const engine of ENGINES) {
		parts.push(
			await inEnvironment(
				engine,
				progress,
				async (environment) =>
					await measureTrigger(environment, engine, { key: environment.key, progress }),
			),
		);
	}
	parts.push(await measureLookUps(progress));
	return {
		title: 'Sessions',
		paragraphs: [
			`The Talkdesk Trigger with messages of ${CONVERSATIONS} conversations that were started with a session, which it knows after the first message of each: with the option _Find Session_ as it is, and off. Medians of ${TRIGGER_ROUNDS} rounds of ${LOAD.amount} requests over ${LOAD.connections} connections, in turns; the ratios are medians of those of each round.`,
			`_Message: Route_ for a session whose conversation has ended, so that the node asks the Data Table: with ${SIZES.join(' and with ')} conversations in it, on two n8n with SQLite and \`N8N_EXPRESSION_ENGINE=legacy\` (isolates would take most of the time, and hide the difference). Medians of ${LOOK_UP_ROUNDS} rounds, in turns.`,
		],
		tables: parts.map(({ table }) => table),
		goals: parts.flatMap(({ goals }) => goals),
	};
}

export const sessions: Part = {
	name: 'sessions',
	what: 'the trigger with a known session, and a look-up among many conversations',
	measure,
};
