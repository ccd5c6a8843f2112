/**
 * Many conversations over a bad network, and in the middle of it n8n is restarted (with --queue: a worker is killed).
 * Counts what was lost, what came twice and what came in the wrong order.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';

import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { startQueueN8n, type QueueN8n } from '../n8n/queue.mts';
import type { Execution } from '../n8n/schemas.mts';
import { canBeRetried } from '../n8n/workflows.mts';
import { credentialFor } from '../sandbox/credential.mts';
import { seededFaults, seededWebhookFaults } from '../sandbox/seeded-faults.mts';
import { startTalkdesk, type LocalTalkdesk } from '../sandbox/talkdesk.mts';
import { CANARY, playConversation, type Played } from './conversation.mts';
import { startCustomers, toldSchema, type Customers, type Told } from './customers.mts';
import { compare, describe, isOwed, type Arrivals } from './report.mts';
import { publishWorkflows } from './workflows.mts';

const USAGE = `npm run soak [-- options]

  --queue                n8n in queue mode: PostgreSQL, Redis, webhook process, two workers
  --conversations <n>    200 by default
  --messages <n>         each way and conversation, 20 by default
  --at-once <n>          conversations side by side, 25 by default
  --rate <share>         of all requests that fail, and of all calls to n8n that come twice or late; 0.1 by default
  --seed <n>             1 by default
  --no-trouble           n8n isn't restarted, or its worker killed, in the middle`;

/** How long nothing may arrive any more before what is missing counts as lost. */
const QUIET_MS = 20_000;
/** n8n takes up to two minutes to notice that a worker is gone. */
const LONGEST_WAIT_MS = 240_000;

const print = (line = '') => process.stdout.write(`${line}\n`);

const { values } = parseArgs({
	options: {
		queue: { type: 'boolean', default: false },
		conversations: { type: 'string', default: '200' },
		messages: { type: 'string', default: '20' },
		'at-once': { type: 'string', default: '25' },
		rate: { type: 'string', default: '0.1' },
		seed: { type: 'string', default: '1' },
		'no-trouble': { type: 'boolean', default: false },
		help: { type: 'boolean', default: false },
	},
});

const conversations = Number(values.conversations);
const messages = Number(values.messages);
const atOnce = Number(values['at-once']);
const luck = { seed: Number(values.seed), rate: Number(values.rate) };

const SECRETS = {
	webhookApiKey: `${CANARY}-${randomBytes(24).toString('hex')}`,
	clientSecret: `${CANARY}-${randomBytes(24).toString('hex')}`,
};

/** The trouble in the middle. */
async function makeTrouble(n8n: N8nInstance | QueueN8n): Promise<string> {
	if ('workers' in n8n) {
		const [worker] = n8n.workers;
		await worker.kill('SIGKILL');
		await sleep(5000);
		await worker.start();
		return 'a worker was killed with SIGKILL, and started again after 5 s';
	}
	// As a service manager does: n8n finishes what it does.
	await n8n.kill('SIGTERM');
	await n8n.restart();
	return 'n8n was ended with SIGTERM, and started again';
}

/** Plays all conversations, so many at the same time. */
async function playAll(talkdesk: LocalTalkdesk, n8n: N8nInstance | QueueN8n) {
	const total = conversations * messages * 2;
	let through = 0;
	let trouble: Promise<string> | undefined;
	const progress = () => {
		through++;
		if (through % Math.ceil(total / 20) === 0) print(`  ${through} of about ${total} messages`);
		if (through > total / 2 && !values['no-trouble']) trouble ??= makeTrouble(n8n);
	};
	const played: Played[] = [];
	const names = Array.from({ length: conversations }, (_, index) => `c${index + 1}`).values();
	const { webhookUrl } = n8n;
	await Promise.all(
		Array.from({ length: atOnce }, async () => {
			for (const name of names) {
				const surroundings = { talkdesk, webhookUrl, progress };
				played.push(await playConversation(surroundings, name, messages));
			}
		}),
	);
	return { played, trouble: (await trouble) ?? 'none' };
}

/** Waits until all has arrived, or nothing arrives any more. */
async function settle(customers: Customers, arrivals: () => Arrivals): Promise<Arrivals> {
	const begun = Date.now();
	let quietSince = Date.now();
	for (let count = customers.count; ; ) {
		await sleep(1000);
		if (customers.count !== count) [count, quietSince] = [customers.count, Date.now()];
		const isQuiet = Date.now() - quietSince > QUIET_MS;
		const isOver = Date.now() - begun > LONGEST_WAIT_MS;
		const found = arrivals();
		const isWhole = found.inbound.lost.length === 0;
		if ((isWhole && isQuiet) || isOver) return found;
	}
}

/** The failed executions on the way to a customer. */
interface Failed {
	count: number;
	/** Of how many the error workflow was told. */
	told: number;
	/** Of how many n8n has kept nothing that could be retried. */
	thrownAway: number;
	/** How many held what n8n had acknowledged and the customer had not heard, for all that n8n has kept of them. */
	owed: number;
	/** Of how many of these the error workflow was told. */
	owedTold: number;
}

/** What n8n keeps of an execution that had not gone far: the trigger and its event. */
const stackSchema = z.array(
	z.object({
		data: z.object({ main: z.array(z.array(z.object({ json: toldSchema })).nullable()) }),
	}),
);

/** The events that an execution was to bring to the customer. */
function eventsOf({ data }: Execution): Told[] {
	const stack = stackSchema.safeParse(data.executionData?.nodeExecutionStack);
	return (stack.data ?? []).flatMap(({ data: { main } }) =>
		main.flatMap((all) => (all ?? []).map(({ json }) => json)),
	);
}

/**
 * What a person does who is told of failed executions, or looks into n8n's list: retries them. Only those on the way to a
 * customer: the other way the customer's channel has called again.
 */
async function retryFailed(
	n8n: N8nInstance,
	workflowId: string,
	{ talkdesk, customers }: { talkdesk: LocalTalkdesk; customers: Customers },
): Promise<Failed> {
	const ids = [
		...(await n8n.api.executions({ workflowId, status: 'error' })),
		...(await n8n.api.executions({ workflowId, status: 'crashed' })),
	].map(({ id }) => id);
	// n8n may tell of one twice: when the job fails, and when the worker comes back.
	const told = new Set(customers.failures.map(({ executionId }) => executionId));
	const failed: Failed = { count: 0, told: 0, thrownAway: 0, owed: 0, owedTold: 0 };
	for (const id of ids) {
		const execution = await n8n.api.execution(id);
		const isTold = told.has(id);
		failed.count++;
		if (isTold) failed.told++;
		if (eventsOf(execution).some((event) => isOwed(event, talkdesk.seen(), customers))) {
			failed.owed++;
			if (isTold) failed.owedTold++;
		}
		if (canBeRetried(execution)) await n8n.api.retryExecution(id);
		else failed.thrownAway++;
	}
	return failed;
}

async function soak(): Promise<boolean> {
	const ends: Array<() => Promise<void>> = [];
	try {
		const faults = seededFaults({
			...luck,
			kinds: ['rateLimited', 'unavailable', 'hang', 'cut', 'tokenDies', 'conversationEnds'],
		});
		const webhookFaults = seededWebhookFaults(luck);
		const talkdesk = await startTalkdesk({
			faults,
			webhookFaults,
			clients: [
				{ id: 'local-client', secret: SECRETS.clientSecret, scopes: ['digital-connect:write'] },
			],
		});
		ends.push(async () => await talkdesk.close());
		const customers = await startCustomers();
		ends.push(async () => await customers.close());
		const start = values.queue ? startQueueN8n : startN8n;
		const n8n: N8nInstance | QueueN8n = await start({
			packageFolder: PROJECT_FOLDER,
			onProgress: print,
			env: {
				// n8n's own default.
				N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '30',
				// What n8n writes for every successful execution is of no use here, and its isolates for expressions cost a small
				// machine more time than all the rest.
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
		const { basePath, inboundId } = await publishWorkflows({
			n8n,
			credential,
			customersUrl: customers.url,
		});
		const authentication = { type: 'apiKey' as const, key: SECRETS.webhookApiKey };
		const integration = { basePath, authentication, timeoutSeconds: 30 };
		talkdesk.configure({ touchpoints: [{ id: 'local-touchpoint', integration }] });

		const begun = Date.now();
		const { played, trouble } = await playAll(talkdesk, n8n);
		const seconds = Math.round((Date.now() - begun) / 1000);
		const compareNow = () => compare(played, talkdesk.seen(), customers);
		const before = await settle(customers, compareNow);
		const failed = await retryFailed(n8n, inboundId, { talkdesk, customers });
		const retried = failed.count - failed.thrownAway;
		const arrivals = retried > 0 ? await settle(customers, compareNow) : before;

		if (retried > 0) {
			print(`\nBefore ${retried} failed executions were retried by hand:\n`);
			print(describe(before));
		}
		print('\nAt the end:\n');
		print(describe(arrivals));
		print();
		const repeated = played.reduce((sum, each) => sum + each.repeated, 0);
		const successors = played.reduce((sum, each) => sum + each.conversationIds.length - 1, 0);
		print(`n8n: ${values.queue ? 'queue mode, two workers' : 'one process'}; trouble: ${trouble}.`);
		print(`${conversations} conversations, ${messages} messages each way, in ${seconds} s.`);
		print(`Ended in mid-sentence and continued in a new conversation: ${successors}.`);
		print(`Calls to n8n that the customers' channel had to repeat: ${repeated}.`);
		print(`Faults of Talkdesk's answers: ${JSON.stringify(faults.counts())}.`);
		print(`Faults of Talkdesk's calls: ${JSON.stringify(webhookFaults.counts())}.`);
		print(`Failed executions to the customer: ${failed.count}.`);
		print(`  The error workflow was told of ${failed.told}.`);
		print(
			`  ${failed.owed} held what n8n had acknowledged and the customer had not heard; it was told of ${failed.owedTold}.`,
		);
		print(`  Of ${failed.thrownAway} n8n has kept nothing that could be retried.`);
		const causes = new Set(customers.failures.map(({ message }) => message));
		for (const message of causes) print(`  n8n said: ${message}`);
		const leaks = n8n
			.log()
			.split('\n')
			.filter((line) => line.includes(CANARY));
		print(`Lines of n8n's log with a secret or something personal in them: ${leaks.length}.`);
		leaks.slice(0, 5).forEach((line) => print(`  ${line}`));

		const { outbound, inbound } = arrivals;
		// An execution that died after it had told the customer tells him again when somebody retries it.
		const wrong = [outbound.lost, outbound.duplicated, outbound.unexpected].flat();
		wrong.push(...before.inbound.duplicated, ...inbound.unexpected);
		// What n8n itself throws away is lost; then the workflow must be told.
		const isTold = failed.told === failed.count && inbound.lost.length <= failed.thrownAway;
		wrong.push(...(isTold ? [] : inbound.lost));
		for (const text of wrong.slice(0, 20)) print(`  wrong: ${text}`);
		return wrong.length === 0 && outbound.outOfOrder === 0 && leaks.length === 0;
	} finally {
		for (const end of ends.reverse()) await end();
	}
}

if (values.help) {
	print(USAGE);
	process.exit(0);
}
// Whatever was started ends with this process; a signal that is not handled would leave the local Talkdesk's folder.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
	process.once(signal, () => process.exit(130));
}
process.exit((await soak()) ? 0 : 1);
