/**
 * What a real n8n makes of thousands of random and malformed calls, half of them with the right key: first with the trigger, then
 * the same calls with n8n's own Webhook node, so that it shows which failures are n8n's. Memory is measured on Linux only.
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
import { createMalformedCalls, goodEvent } from '../support/malformedCalls.mts';
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

/** Who is called. */
interface Target {
	/** Without a slash at the end. */
	basePath: string;
	/** Whether what comes in below the base path is for it too. */
	hasActions: boolean;
	/** Whether it takes a good event after all that. */
	isWell(): Promise<boolean>;
}

/** Whether the event of a conversation comes out of the trigger; what was sent before may have to be worked off first. */
async function isTaken(conversationId: string, { n8n, executions }: Inbound, trigger: Trigger) {
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

async function theTrigger(inbound: Inbound): Promise<Target> {
	const trigger = await inbound.createTrigger('apiKey');
	return {
		basePath: trigger.basePath,
		hasActions: true,
		async isWell() {
			const { status } = await post(`${trigger.basePath}/message_created`, goodEvent('last'), KEY);
			return status === 200 && (await isTaken('last', inbound, trigger));
		},
	};
}

/** n8n's own Webhook node, with the same key. */
async function aPlainWebhook({ n8n }: Inbound): Promise<Target> {
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
		isWell: async () => (await post(basePath, goodEvent('last'), KEY)).status === 200,
	};
}

/** Sends all calls to a target on an n8n of its own. */
async function attack(
	name: string,
	createTarget: (inbound: Inbound) => Promise<Target>,
): Promise<Outcome> {
	print(`\n${name}`);
	const inbound = await startInbound({
		onProgress: print,
		// n8n's isolates for expressions cost a small machine more time than all the rest, and every XML call that n8n never
		// answers keeps one: see test/tools/n8n/README.md.
		n8nEnv: { N8N_EXPRESSION_ENGINE: 'legacy' },
	});
	try {
		const { n8n } = inbound;
		const target = await createTarget(inbound);
		const next = createMalformedCalls(Number(values.seed), { without: values.without });
		const outcome: Outcome = { name, answers: [], memory: [residentMb(n8n.pid)], isWell: false };
		let sent = 0;
		const sender = async () => {
			while (sent < calls) {
				const index = sent++;
				const call = next();
				const hasKey = index % 2 === 0;
				const action = target.hasActions ? call.action : '';
				const answer = await sendMalformed(target.basePath, { ...call, action }, hasKey ? KEY : {});
				outcome.answers[index] = { kind: call.kind, hasKey, ...answer };
				if ((index + 1) % Math.ceil(calls / SAMPLES) !== 0) continue;
				outcome.memory.push(residentMb(n8n.pid));
				print(`  ${index + 1} calls, ${outcome.memory.at(-1)?.toFixed(0)} MB`);
			}
		};
		await Promise.all(Array.from({ length: Number(values['at-once']) }, sender));
		outcome.isWell = n8n.isRunning() && (await target.isWell());
		return outcome;
	} finally {
		await inbound.stop();
	}
}

if (values.help) {
	print(USAGE);
	process.exit(0);
}
const trigger = await attack('Talkdesk Trigger', theTrigger);
const plain = await attack('Webhook', aPlainWebhook);
print(describe(trigger, plain));
const complaints = verdict(trigger, plain);
for (const complaint of complaints) print(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;
