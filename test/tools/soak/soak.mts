/**
 * Many conversations over a bad network, while n8n is restarted (with --queue: a worker is killed). Customers don't wait for
 * responses. Counts what is lost, duplicated and out of order, before and after all failed executions are retried.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { startQueueN8n, type QueueN8n } from '../n8n/queue.mts';
import { credentialFor } from '../../simulator/credential.mts';
import { seededFaults, seededWebhookFaults } from '../../simulator/seeded-faults.mts';
import { startSimulator, type TalkdeskSimulator } from '../../simulator/simulator.mts';
import { compareArrivals, type Arrivals, type CustomerTranscript } from './arrivals.mts';
import { causeChaos } from './chaos.mts';
import { CANARY, simulateCustomer, type CustomerRun } from './customer.mts';
import { startEventRecorder, type EventRecorder } from './event-recorder.mts';
import { retryFailed } from './retry-failed.mts';
import { parseOptions, USAGE } from './soak-options.mts';
import { print, printReport, retriedOf } from './soak-report.mts';
import { publishWorkflows } from './soak-workflows.mts';

/** The time without arrivals after which missing messages count as lost. */
const QUIET_MS = 20_000;
/** n8n takes up to two minutes to notice that a worker is gone. */
const MAX_WAIT_MS = 240_000;
/** By then it has noticed. */
const MAX_WAIT_AFTER_RETRY_MS = 60_000;

/** The statuses of gateways and CDNs. */
const STATUSES = [408, 500, 502, 503, 504, 520, 524] as const;

const SECRETS = {
	webhookApiKey: `${CANARY}-${randomBytes(24).toString('hex')}`,
	clientSecret: `${CANARY}-${randomBytes(24).toString('hex')}`,
};

const options = parseOptions();
const plan = { seed: options.seed, rate: options.rate };

/** Runs all conversations, with a limited concurrency. */
async function runConversations(talkdesk: TalkdeskSimulator, n8n: N8nInstance | QueueN8n) {
	const { conversations, messages, apart } = options;
	const total = conversations * messages * 2;
	let delivered = 0;
	let chaos: Promise<string> | undefined;
	const progress = () => {
		delivered++;
		if (delivered % Math.ceil(total / 20) === 0) print(`  ${delivered} of about ${total} messages`);
		if (delivered > total / 2 && !options['no-chaos']) chaos ??= causeChaos(n8n);
	};
	const runs: CustomerRun[] = [];
	const numbers = Array.from({ length: conversations }, (_, index) => index + 1).values();
	const context = { talkdesk, webhookUrl: n8n.webhookUrl, progress };
	await Promise.all(
		Array.from({ length: options['at-once'] }, async () => {
			for (const number of numbers) {
				const seed = plan.seed * 100_000 + number;
				runs.push(await simulateCustomer(context, { name: `c${number}`, messages, seed, apart }));
			}
		}),
	);
	return { runs, chaos: (await chaos) ?? 'none' };
}

/** Waits until everything has arrived, or nothing arrives any more. */
async function settle(
	recorder: EventRecorder,
	arrivals: () => Arrivals,
	maxWaitMs = MAX_WAIT_MS,
): Promise<Arrivals> {
	print(`Waiting for pending messages, for ${maxWaitMs / 1000} s at most …`);
	const begun = Date.now();
	let quietSince = Date.now();
	for (let count = recorder.count; ; ) {
		await sleep(1000);
		if (recorder.count !== count) [count, quietSince] = [recorder.count, Date.now()];
		const isQuiet = Date.now() - quietSince > QUIET_MS;
		const isOver = Date.now() - begun > maxWaitMs;
		const found = arrivals();
		const isComplete = found.inbound.lost.length === 0;
		if ((isComplete && isQuiet) || isOver) return found;
	}
}

/** The conversations from Talkdesk's side, with their customers. */
function transcriptsOf(talkdesk: TalkdeskSimulator): CustomerTranscript[] {
	const emails = new Map(
		talkdesk.conversations().map(({ id, start }) => [id, start.contact_person.email]),
	);
	return talkdesk
		.transcripts()
		.map((each) => ({ ...each, email: emails.get(each.conversationId) ?? '' }));
}

async function soak(): Promise<boolean> {
	const ends: Array<() => Promise<void>> = [];
	try {
		const faults = seededFaults({
			...plan,
			statuses: STATUSES,
			kinds: ['rateLimited', 'unavailable', 'hang', 'cut', 'tokenDies', 'conversationEnds'],
		});
		const webhookFaults = seededWebhookFaults(plan);
		const talkdesk = await startSimulator({
			faults,
			webhookFaults,
			messageKeysCountPer: options.keys,
			messageKeysAfterEnd: options['after-end'],
			clients: [
				{ id: 'local-client', secret: SECRETS.clientSecret, scopes: ['digital-connect:write'] },
			],
		});
		ends.push(async () => await talkdesk.close());
		const recorder = await startEventRecorder();
		ends.push(async () => await recorder.close());
		const start = options.queue ? startQueueN8n : startN8n;
		const n8n: N8nInstance | QueueN8n = await start({
			packageFolder: PROJECT_FOLDER,
			onProgress: print,
			env: {
				// n8n's own default.
				N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '30',
				// The data of successful executions is not needed here, and isolates for expressions would take most of the
				// processor time.
				EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none',
				N8N_EXPRESSION_ENGINE: 'legacy',
			},
		});
		ends.push(async () => await n8n.stop());

		const credential = await n8n.api.createCredential('Talkdesk', 'talkdeskOAuth2Api', {
			...credentialFor(talkdesk),
			...SECRETS,
			webhookAuthentication: 'apiKey',
		});
		const { basePath, outboundId, inboundId } = await publishWorkflows({
			n8n,
			credential,
			recorderUrl: recorder.url,
		});
		const authentication = { type: 'apiKey' as const, key: SECRETS.webhookApiKey };
		const integration = { basePath, authentication, timeoutSeconds: 30 };
		talkdesk.configure({ touchpoints: [{ id: 'local-touchpoint', integration }] });

		const begun = Date.now();
		const { runs, chaos } = await runConversations(talkdesk, n8n);
		const seconds = Math.round((Date.now() - begun) / 1000);
		const compareNow = () => compareArrivals(runs, transcriptsOf(talkdesk), recorder);
		const before = await settle(recorder, compareNow);
		const context = { api: n8n.api, talkdesk, recorder };
		print('Retrying failed executions …');
		const outboundFailed = await retryFailed(context, outboundId);
		const inboundFailed = await retryFailed(context, inboundId);
		const retried = retriedOf(outboundFailed) + retriedOf(inboundFailed);
		const after =
			retried > 0 ? await settle(recorder, compareNow, MAX_WAIT_AFTER_RETRY_MS) : before;
		return printReport(options, {
			...{ runs, chaos, seconds, before, after, outboundFailed, inboundFailed },
			...{ talkdesk, recorder, faults, webhookFaults, log: n8n.log() },
		});
	} finally {
		for (const end of ends.reverse()) await end();
	}
}

if (options.help) {
	print(USAGE);
	process.exit(0);
}
// Everything ends with this process; an unhandled signal would leave the simulator's temporary folder behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	process.once(signal, () => process.exit(130));
}
process.exit((await soak()) ? 0 : 1);
