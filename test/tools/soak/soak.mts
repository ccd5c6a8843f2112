/**
 * Many conversations over a bad network, and in the middle of it n8n is restarted (with --queue: a worker is killed).
 * Customers don't wait for answers. Counts what was lost, what came twice and what came in the wrong order, before and after
 * all failed executions are retried by hand.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';

import { startN8n, type N8nInstance } from '../n8n/instance.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { startQueueN8n, type QueueN8n } from '../n8n/queue.mts';
import { credentialFor } from '../../simulator/credential.mts';
import { seededFaults, seededWebhookFaults } from '../../simulator/seeded-faults.mts';
import { startTalkdesk, type LocalTalkdesk } from '../../simulator/talkdesk.mts';
import { CANARY, playConversation, type Played } from './conversation.mts';
import { startCustomers, type Customers } from './customers.mts';
import { retryFailed, type Failed } from './failed.mts';
import { compare, describe, verdict, type Arrivals, type SeenOf } from './report.mts';
import { publishWorkflows } from './workflows.mts';

const USAGE = `npm run soak [-- options]

  --queue                n8n in queue mode: PostgreSQL, Redis, webhook process, two workers
  --conversations <n>    200 by default
  --messages <n>         each way and conversation, 20 by default
  --at-once <n>          conversations side by side, 25 by default
  --rate <share>         of all requests that fail, and of all calls to n8n that come twice or late; 0.1 by default
  --seed <n>             1 by default
  --apart <ms>           between two messages of a customer who writes several at once, 100 by default. n8n begins executions
                         that come within some tens of milliseconds in another order, before any node is asked
  --keys <per>           conversation or account (default): where Talkdesk's idempotency keys of messages count
  --after-end <answer>   answered (default) or ended: what a known key gets after the end of its conversation. With ended
                         nobody can know whether the message had arrived
  --no-trouble           n8n isn't restarted, or its worker killed, in the middle

Customers write up to five messages without waiting for an answer. Their channel numbers messages from 1 in every chat, uses
the number as the idempotency key, and makes a call that failed again. At the end all failed executions are retried.
Ends with 1 when something was lost, came twice, or was never said, either way; when a message was out of order at the agent
(not with --queue: workers know nothing of each other); or when n8n's log has a secret. What a retry tells a customer who had
heard it already is n8n's, and only counted.`;

/** How long nothing may arrive any more before what is missing counts as lost. */
const QUIET_MS = 20_000;
/** n8n takes up to two minutes to notice that a worker is gone. */
const LONGEST_WAIT_MS = 240_000;
/** By then it has noticed. */
const LONGEST_WAIT_AFTER_RETRY_MS = 60_000;

const print = (line = '') => process.stdout.write(`${line}\n`);

const { values } = parseArgs({
	options: {
		queue: { type: 'boolean', default: false },
		conversations: { type: 'string', default: '200' },
		messages: { type: 'string', default: '20' },
		'at-once': { type: 'string', default: '25' },
		rate: { type: 'string', default: '0.1' },
		seed: { type: 'string', default: '1' },
		apart: { type: 'string', default: '100' },
		keys: { type: 'string', default: 'account' },
		'after-end': { type: 'string', default: 'answered' },
		'no-trouble': { type: 'boolean', default: false },
		help: { type: 'boolean', default: false },
	},
});

const conversations = Number(values.conversations);
const messages = Number(values.messages);
const atOnce = Number(values['at-once']);
const luck = { seed: Number(values.seed), rate: Number(values.rate) };

/** What gateways answer, and what stands in front of them. */
const STATUSES = [408, 500, 502, 503, 504, 520, 524] as const;

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
	const numbers = Array.from({ length: conversations }, (_, index) => index + 1).values();
	const { webhookUrl } = n8n;
	await Promise.all(
		Array.from({ length: atOnce }, async () => {
			for (const number of numbers) {
				const surroundings = { talkdesk, webhookUrl, progress };
				const seed = luck.seed * 100_000 + number;
				const who = { name: `c${number}`, messages, seed, apart: Number(values.apart) };
				played.push(await playConversation(surroundings, who));
			}
		}),
	);
	return { played, trouble: (await trouble) ?? 'none' };
}

/** Waits until all has arrived, or nothing arrives any more. */
async function settle(
	customers: Customers,
	arrivals: () => Arrivals,
	longestMs = LONGEST_WAIT_MS,
): Promise<Arrivals> {
	print(`Waiting for what is under way, for ${longestMs / 1000} s at most …`);
	const begun = Date.now();
	let quietSince = Date.now();
	for (let count = customers.count; ; ) {
		await sleep(1000);
		if (customers.count !== count) [count, quietSince] = [customers.count, Date.now()];
		const isQuiet = Date.now() - quietSince > QUIET_MS;
		const isOver = Date.now() - begun > longestMs;
		const found = arrivals();
		const isWhole = found.inbound.lost.length === 0;
		if ((isWhole && isQuiet) || isOver) return found;
	}
}

/** What Talkdesk saw, with the customer of each conversation. */
function seenOf(talkdesk: LocalTalkdesk): SeenOf[] {
	const emails = new Map(
		talkdesk.conversations().map(({ id, start }) => [id, start.contact_person.email]),
	);
	return talkdesk.seen().map((each) => ({ ...each, email: emails.get(each.conversationId) ?? '' }));
}

const retriedOf = ({ count, thrownAway }: Failed) => count - thrownAway;

function readKeys({ keys, 'after-end': afterEnd }: typeof values) {
	return z
		.object({
			messageKeysCountPer: z.enum(['conversation', 'account']),
			messageKeysAfterEnd: z.enum(['answered', 'ended']),
		})
		.parse({ messageKeysCountPer: keys, messageKeysAfterEnd: afterEnd });
}

async function soak(): Promise<boolean> {
	const ends: Array<() => Promise<void>> = [];
	try {
		const faults = seededFaults({
			...luck,
			statuses: STATUSES,
			kinds: ['rateLimited', 'unavailable', 'hang', 'cut', 'tokenDies', 'conversationEnds'],
		});
		const webhookFaults = seededWebhookFaults(luck);
		const talkdesk = await startTalkdesk({
			faults,
			webhookFaults,
			...readKeys(values),
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
		const { basePath, outboundId, inboundId } = await publishWorkflows({
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
		const compareNow = () => compare(played, seenOf(talkdesk), customers);
		const before = await settle(customers, compareNow);
		const place = { api: n8n.api, talkdesk, customers };
		print('Retrying what has failed …');
		const outboundFailed = await retryFailed(place, outboundId);
		const failed = await retryFailed(place, inboundId);
		const retried = [outboundFailed, failed].reduce((sum, each) => sum + retriedOf(each), 0);
		const after =
			retried > 0 ? await settle(customers, compareNow, LONGEST_WAIT_AFTER_RETRY_MS) : before;

		if (retried > 0) {
			print(`\nBefore ${retried} failed executions were retried by hand:\n`);
			print(describe(before));
		}
		print('\nAt the end:\n');
		print(describe(after));
		print();
		const repeated = played.reduce((sum, each) => sum + each.repeated, 0);
		print(`n8n: ${values.queue ? 'queue mode, two workers' : 'one process'}; trouble: ${trouble}.`);
		print(`${conversations} conversations, ${messages} messages each way, in ${seconds} s.`);
		print(
			`Ended in mid-sentence and continued in a new conversation: ${talkdesk.counts().conversationsStarted - conversations}.`,
		);
		print(`Calls to n8n that the customers' channel had to repeat: ${repeated}.`);
		print(`Faults of Talkdesk's answers: ${JSON.stringify(faults.counts())}.`);
		print(`Faults of Talkdesk's calls: ${JSON.stringify(webhookFaults.counts())}.`);
		print(
			`Idempotency keys that came with something else before: ${talkdesk.keyConflicts().length}; other oddities: ${talkdesk.violations().length - talkdesk.keyConflicts().length}.`,
		);
		for (const { detail, key } of talkdesk.violations().slice(0, 5)) {
			print(`  ${detail}${key === undefined ? '' : ` (${key})`}`);
		}
		for (const [where, each] of [
			['Talkdesk', outboundFailed],
			['the customer', failed],
		] as const) {
			print(`Failed executions to ${where}: ${each.count + each.unnamed}.`);
			print(`  The error workflow was told of ${each.told}; ${retriedOf(each)} were retried.`);
		}
		print(
			`  ${failed.owed} held what n8n had acknowledged and the customer had not heard; it was told of ${failed.owedTold}.`,
		);
		print(`  Of ${failed.thrownAway} n8n has kept nothing that could be retried.`);
		print(
			`  ${failed.retold.length} had reached the customer before they failed: a retry tells it again.`,
		);
		const causes = new Set(customers.failures.map(({ message }) => message));
		for (const message of causes) print(`  n8n said: ${message}`);
		if (values.queue && before.outbound.outOfOrder > 0) {
			print(
				'Out of order at the agent: two workers know nothing of each other, so nothing orders two executions.',
			);
		}
		const leaks = n8n
			.log()
			.split('\n')
			.filter((line) => line.includes(CANARY));
		print(`Lines of n8n's log with a secret or something personal in them: ${leaks.length}.`);
		leaks.slice(0, 5).forEach((line) => print(`  ${line}`));

		const wrong = verdict({
			...{ before, after, retold: failed.retold, thrownAway: failed.thrownAway },
			areFailuresTold: failed.told === failed.count + failed.unnamed,
			hasWorkers: values.queue,
			leaks: leaks.length,
		});
		const isExcused = !wrong.some((text) => text.startsWith('lost on the way to the customer'));
		if (after.inbound.lost.length > 0 && isExcused) {
			print(
				'Lost on the way to the customer: n8n threw it away with the executions of the killed worker, and told the error workflow.',
			);
		}
		for (const text of wrong.slice(0, 20)) print(`  wrong: ${text}`);
		if (wrong.length > 20) print(`  and ${wrong.length - 20} more`);
		return wrong.length === 0;
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
