/**
 * Sends thousands of random and malformed calls to a real n8n, half of them with the correct key: first to the trigger, then the
 * same calls to n8n's own Webhook node, to see which failures are n8n's. Memory is measured on Linux only.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import {
	AUTHENTICATIONS,
	post,
	startInbound,
	TRIGGER,
	type Inbound,
	type Trigger,
} from '../support/inbound.mts';
import { residentMb } from '../tools/n8n/memory.mts';
import { itemsOf } from '../tools/n8n/workflows.mts';
import { createMalformedCalls, validEvent } from '../support/malformedCalls.mts';
import { describe, type Outcome, verdict } from './fuzz-report.mts';
import { sendMalformed } from '../support/sendMalformed.mts';

const USAGE = `npm run fuzz [-- options]

  --calls <n>        10000 by default
  --seed <n>         1 by default
  --at-once <n>      16 by default
  --without <kind>   leaves out a kind of call; can be given several times`;

const { values } = parseArgs({
	options: {
		calls: { type: 'string', default: '10000' },
		seed: { type: 'string', default: '1' },
		'at-once': { type: 'string', default: '16' },
		without: { type: 'string', multiple: true, default: [] },
		help: { type: 'boolean', default: false },
	},
});
const calls = Number(values.calls);

const KEY = { 'X-Api-Key': AUTHENTICATIONS.apiKey.fields.webhookApiKey };
const SAMPLES = 20;

const print = (line = '') => process.stdout.write(`${line}\n`);

/** A webhook to call. */
interface Target {
	/** Without a slash at the end. */
	basePath: string;
	/** Whether it has paths below the base path. */
	hasActions: boolean;
	/** Whether it accepts a valid event after all calls. */
	isHealthy(): Promise<boolean>;
}

/** Whether the trigger puts out the event of a conversation, possibly after a backlog. */
async function isPutOut(conversationId: string, { n8n, executions }: Inbound, trigger: Trigger) {
	const seen = new Set<string>();
	for (const end = Date.now() + 120_000; Date.now() < end; await sleep(500)) {
		for (const { id, status } of await executions(trigger)) {
			if (status !== 'success' || seen.has(id)) continue;
			seen.add(id);
			const [item] = itemsOf(await n8n.api.execution(id), TRIGGER, { output: 1 });
			if (item?.json.conversationId === conversationId) return true;
		}
	}
	return false;
}

async function talkdeskTrigger(inbound: Inbound): Promise<Target> {
	const trigger = await inbound.createTrigger('apiKey');
	return {
		basePath: trigger.basePath,
		hasActions: true,
		async isHealthy() {
			const { status } = await post(`${trigger.basePath}/message_created`, validEvent('last'), KEY);
			return status === 200 && (await isPutOut('last', inbound, trigger));
		},
	};
}

/** n8n's own Webhook node, with the same key. */
async function plainWebhook({ n8n }: Inbound): Promise<Target> {
	const [name, value] = Object.entries(KEY)[0] ?? [];
	const credential = await n8n.api.createCredential('Key', 'httpHeaderAuth', { name, value });
	const path = randomUUID();
	const { id } = await n8n.api.createWorkflow({
		name: 'Webhook',
		nodes: [
			{
				id: path,
				webhookId: path,
				name: 'Webhook',
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				position: [0, 0],
				parameters: { httpMethod: 'POST', path, authentication: 'headerAuth', options: {} },
				credentials: { httpHeaderAuth: { id: credential.id, name: credential.name } },
			},
		],
		connections: {},
		settings: { executionOrder: 'v1' },
	});
	await n8n.api.activate(id);
	const basePath = `${n8n.webhookUrl}/${path}`;
	return {
		basePath,
		hasActions: false,
		isHealthy: async () => (await post(basePath, validEvent('last'), KEY)).status === 200,
	};
}

/** Sends all calls to a target on a new n8n. */
async function attack(
	name: string,
	createTarget: (inbound: Inbound) => Promise<Target>,
): Promise<Outcome> {
	print(`\n${name}`);
	const inbound = await startInbound({
		onProgress: print,
		// n8n's isolates for expressions would take most of the time, and every XML call that n8n never answers keeps one: see
		// test/tools/n8n/README.md.
		n8nEnv: { N8N_EXPRESSION_ENGINE: 'legacy' },
	});
	try {
		const { n8n } = inbound;
		const target = await createTarget(inbound);
		const next = createMalformedCalls(Number(values.seed), { without: values.without });
		const outcome: Outcome = {
			name,
			responses: [],
			memory: [residentMb(n8n.pid)],
			isHealthy: false,
		};
		let sent = 0;
		const sender = async () => {
			while (sent < calls) {
				const index = sent++;
				const call = next();
				const hasKey = index % 2 === 0;
				const action = target.hasActions ? call.action : '';
				const answer = await sendMalformed(target.basePath, { ...call, action }, hasKey ? KEY : {});
				outcome.responses[index] = { kind: call.kind, hasKey, ...answer };
				if ((index + 1) % Math.ceil(calls / SAMPLES) !== 0) continue;
				outcome.memory.push(residentMb(n8n.pid));
				print(`  ${index + 1} calls, ${outcome.memory.at(-1)?.toFixed(0)} MB`);
			}
		};
		await Promise.all(Array.from({ length: Number(values['at-once']) }, sender));
		outcome.isHealthy = n8n.isRunning() && (await target.isHealthy());
		return outcome;
	} finally {
		await inbound.stop();
	}
}

if (values.help) {
	print(USAGE);
	process.exit(0);
}
const trigger = await attack('Talkdesk Trigger', talkdeskTrigger);
const plain = await attack('Webhook', plainWebhook);
print(describe(trigger, plain));
const failures = verdict(trigger, plain);
for (const failure of failures) print(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
