/**
 * What a real n8n with the trigger makes of thousands of random and hostile calls, half of them with the right key: answers by
 * kind, n8n's memory, and whether it is alive and takes a good event afterwards.
 * Usage: npx gulp build && npx tsx test/bench/hostile.mts [number of calls, 10000] [seed, 1] [kinds to leave out …]
 * Memory is measured on Linux only. Without 'XML' and 'another content type' it shows what n8n's own handling of XML costs.
 */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import {
	AUTHENTICATIONS,
	post,
	startInbound,
	TRIGGER,
	type Inbound,
	type Trigger,
} from '../e2e/inbound.mts';
import { itemsOf } from '../n8n/workflows.mts';
import { createHostileCalls, goodEvent } from './hostile-calls.mts';
import { sendHostile } from './hostile-wire.mts';

const SIDE_BY_SIDE = 16;
const KEY = { 'X-Api-Key': AUTHENTICATIONS.apiKey.fields.webhookApiKey };

function residentMb(pid: number | undefined): string {
	if (process.platform !== 'linux' || pid === undefined) return 'not known';
	const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
	return `${Math.round((Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024) / 1e6)} MB`;
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

async function main() {
	const [total = 10_000, seed = 1] = process.argv.slice(2, 4).map(Number);
	const without = process.argv.slice(4);
	const inbound = await startInbound({ onProgress: console.log });
	const { n8n, createTrigger, stop } = inbound;
	try {
		const trigger = await createTrigger('apiKey');
		const next = createHostileCalls(seed, { without });
		const answers = new Map<string, number>();
		const failures = new Map<string, number>();
		const memory = [`start ${residentMb(n8n.pid)}`];
		const begun = Date.now();
		let sent = 0;

		const sender = async () => {
			while (sent < total) {
				const index = sent++;
				if (index % 1000 === 999) console.log(`${index + 1} calls, ${residentMb(n8n.pid)}`);
				if (index === Math.floor(total / 2)) memory.push(`middle ${residentMb(n8n.pid)}`);
				const call = next();
				const isKnown = index % 2 === 0;
				const { status, body } = await sendHostile(trigger.basePath, call, isKnown ? KEY : {});
				const key = `| ${call.kind} | ${isKnown ? 'right' : 'none'} | ${status} |`;
				answers.set(key, (answers.get(key) ?? 0) + 1);
				if (typeof status !== 'number' || status >= 500) {
					const failure = `${key} ${body.slice(0, 200)}`;
					failures.set(failure, (failures.get(failure) ?? 0) + 1);
				}
			}
		};
		await Promise.all(Array.from({ length: SIDE_BY_SIDE }, sender));
		memory.push(`end ${residentMb(n8n.pid)}`);

		console.log('\n| kind | authentication | answer | calls |\n|---|---|---|---|');
		for (const [key, count] of [...answers].sort()) console.log(`${key} ${count} |`);
		const statuses = new Map<string, number>();
		for (const [key, count] of answers) {
			const status = key.split('|').at(-2)?.trim() ?? '';
			statuses.set(status, (statuses.get(status) ?? 0) + count);
		}
		console.log('\nBy status:', Object.fromEntries([...statuses].sort()));
		console.log('5xx and broken connections:');
		for (const [failure, count] of failures) console.log(`${count} × ${failure}`);
		console.log(
			`n8n's memory: ${memory.join(', ')}. ${Math.round((Date.now() - begun) / 1000)} s.`,
		);

		const { status } = await post(`${trigger.basePath}/message_created`, goodEvent('last'), KEY);
		const isAlive = n8n.isRunning() && status === 200 && (await isTaken('last', inbound, trigger));
		console.log(`Afterwards n8n is ${isAlive ? 'alive and takes a good event' : 'NOT WELL'}.`);
		if (!isAlive) process.exitCode = 1;
	} finally {
		await stop();
	}
}

await main();
