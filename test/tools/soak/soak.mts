/**
 * The live chat example with many customers over a bad network, while n8n is restarted (with --queue: workers are). Counts what
 * is lost, duplicated, out of order or read in another's chat, before and after all failed executions are retried.
 */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { createCleanup } from '../process/cleanup.mts';
import { exitAtSignal } from '../process/signals.mts';
import { startEnvironment, type EnvironmentOptions } from '../demo/environment.mts';
import { startQueueEnvironment } from '../demo/queue-environment.mts';
import type { TalkdeskSimulator } from '../../simulator/simulator.mts';
import { compareArrivals, type Arrivals, type CustomerTranscript } from './arrivals.mts';
import { restartsOf } from './restarts.mts';
import { simulateCustomer, type CustomerRun } from './customer.mts';
import { createDesk, type Desk } from './agents.mts';
import { startFailureRecorder } from './failure-recorder.mts';
import { soakFaults } from './faults.mts';
import { CANARY } from './lines.mts';
import { reportFailures } from './report-failures.mts';
import { retryFailed } from './retry-failed.mts';
import { parseOptions, USAGE } from './soak-options.mts';
import { print, printReport, retriedOf } from './soak-report.mts';

/** The time without arrivals after which missing messages count as lost. */
const QUIET_MS = 20_000;
/** n8n takes up to two minutes to notice that a worker is gone. */
const MAX_WAIT_MS = 240_000;
/** By then it has noticed. */
const MAX_WAIT_AFTER_RETRY_MS = 60_000;

const options = parseOptions();
const plan = { seed: options.seed, rate: options.rate };

type SoakEnvironment = Awaited<ReturnType<typeof startEnvironment | typeof startQueueEnvironment>>;

/** Runs all conversations, with a limited concurrency. */
async function runConversations({ chat, n8n }: SoakEnvironment, desk: Desk) {
	const { conversations, messages, apart } = options;
	const total = conversations * messages * 2;
	const actions = options['no-chaos'] ? [] : restartsOf(n8n);
	let delivered = 0;
	const chaos: Array<Promise<string>> = [];
	const progress = () => {
		delivered++;
		if (delivered % Math.ceil(total / 20) === 0) print(`  ${delivered} of about ${total} messages`);
		const next = actions[chaos.length];
		if (!next || delivered <= (total * (chaos.length + 1)) / (actions.length + 1)) return;
		chaos.push(Promise.all(chaos).then(next));
	};
	const runs: CustomerRun[] = [];
	const numbers = Array.from({ length: conversations }, (_, index) => index + 1).values();
	const context = { chat, desk, progress };
	await Promise.all(
		Array.from({ length: options['at-once'] }, async () => {
			for (const number of numbers) {
				const seed = plan.seed * 100_000 + number;
				runs.push(await simulateCustomer(context, { name: `c${number}`, messages, seed, apart }));
			}
		}),
	);
	return { runs, chaos: await Promise.all(chaos) };
}

/** Waits until everything has arrived, or nothing arrives any more. */
async function settle(
	runs: readonly CustomerRun[],
	arrivals: () => Arrivals,
	maxWaitMs = MAX_WAIT_MS,
): Promise<Arrivals> {
	print(`Waiting for pending messages, for ${maxWaitMs / 1000} s at most …`);
	const countHeard = () => runs.reduce((sum, { heard }) => sum + heard.length, 0);
	const begun = Date.now();
	let quietSince = Date.now();
	for (let count = countHeard(); ; ) {
		await sleep(1000);
		if (countHeard() !== count) [count, quietSince] = [countHeard(), Date.now()];
		const isQuiet = Date.now() - quietSince > QUIET_MS;
		const isOver = Date.now() - begun > maxWaitMs;
		const found = arrivals();
		const isComplete = found.inbound.lost.length === 0;
		if ((isComplete && isQuiet) || isOver) return found;
	}
}

/** The conversations from Talkdesk's side, with their customers. */
function transcriptsOf(talkdesk: TalkdeskSimulator): CustomerTranscript[] {
	const conversations = new Map(talkdesk.conversations().map((each) => [each.id, each]));
	return talkdesk.transcripts().map((each) => {
		const { start, endedBy } = conversations.get(each.conversationId) ?? {};
		return {
			...each,
			email: start?.contact_person.email ?? '',
			before: (start?.previous_messages ?? []).map(({ content }) => content),
			isEndedByAgent: endedBy === 'agent',
		};
	});
}

async function soak(): Promise<boolean> {
	const cleanup = createCleanup();
	try {
		const { faults, webhookFaults } = soakFaults(plan, 'conversationEnds');
		const desk = createDesk(() => environment.talkdesk);
		const start = options.queue ? startQueueEnvironment : startEnvironment;
		const environment: SoakEnvironment = await start({
			talkdesk: {
				faults,
				webhookFaults,
				messageKeysCountPer: options.keys,
				messageKeysAfterEnd: options['after-end'],
				onLog: desk.onLog,
			},
			onProgress: print,
			n8nEnv: {
				// n8n's own default.
				N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '30',
				// The data of successful executions is not needed here, and isolates for expressions would take most of the
				// processor time.
				EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none',
				N8N_EXPRESSION_ENGINE: 'legacy',
			},
		} satisfies EnvironmentOptions);
		cleanup.add(async () => {
			if (options.log) fs.writeFileSync(options.log, environment.n8n.log());
			await environment.stop();
		});
		const { talkdesk, n8n, basePath, credentialData, workflowId } = environment;
		const recorder = await startFailureRecorder();
		cleanup.add(async () => await recorder.close());
		await reportFailures(n8n, workflowId, recorder.url);
		const authentication = { type: 'apiKey' as const, key: credentialData.webhookApiKey ?? '' };
		const integration = { basePath, authentication, timeoutSeconds: 30 };
		talkdesk.configure({ touchpoints: [{ id: 'local-touchpoint', integration }] });

		const begun = Date.now();
		const { runs, chaos } = await runConversations(environment, desk);
		const seconds = Math.round((Date.now() - begun) / 1000);
		const compareNow = () => compareArrivals(runs, transcriptsOf(talkdesk));
		const before = await settle(runs, compareNow);
		print('Retrying failed executions …');
		const failed = await retryFailed(
			{ api: n8n.api, runs, transcripts: transcriptsOf(talkdesk), recorder },
			workflowId,
		);
		const after =
			retriedOf(failed) > 0 ? await settle(runs, compareNow, MAX_WAIT_AFTER_RETRY_MS) : before;
		const { webhookApiKey, clientSecret } = credentialData;
		const secrets = [CANARY, webhookApiKey, clientSecret].filter((text) => text !== undefined);
		const leaks = n8n
			.log()
			.split('\n')
			.filter((line) => secrets.some((secret) => line.includes(secret)));
		return printReport(options, {
			...{ runs, chaos, seconds, before, after, failed, leaks },
			...{ talkdesk, recorder, faults, webhookFaults },
		});
	} finally {
		await cleanup.run();
	}
}

if (options.help) {
	print(USAGE);
	process.exit(0);
}
exitAtSignal();
process.exit((await soak()) ? 0 : 1);
