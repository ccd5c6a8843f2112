/**
 * How much n8n's memory grows over idle while files go through it, in both directions, and whether they arrive whole.
 * Usage: npm run bench:files [-- size in MB …]
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { Readable } from 'node:stream';
import Fastify from 'fastify';

import { errorOf, itemsOf } from '../n8n/workflows.mts';
import { createWorld, type World } from '../play/world.mts';

const GOAL_MB = 64;
const MB = 1_000_000;
const SAMPLE_MS = 20;
const CHUNK = Buffer.alloc(MB, 'n8n and Talkdesk ');

/** A file of a size that nobody holds as a whole. */
function* bytes(sizeMb: number) {
	for (let index = 0; index < sizeMb; index++) {
		CHUNK.writeUInt32BE(index);
		yield Buffer.from(CHUNK);
	}
}

function hashOf(sizeMb: number): string {
	const hash = createHash('sha256');
	for (const chunk of bytes(sizeMb)) hash.update(chunk);
	return hash.digest('hex');
}

/** Resident memory of a process, in MB. Linux only. */
function residentMb(pid: number): number {
	const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
	return (Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024) / MB;
}

/** The highest resident memory while something runs. */
async function peakDuring<T>(
	pid: number,
	work: () => Promise<T>,
): Promise<{ peak: number; result: T }> {
	let peak = residentMb(pid);
	const timer = setInterval(() => (peak = Math.max(peak, residentMb(pid))), SAMPLE_MS);
	try {
		const result = await work();
		return { peak, result };
	} finally {
		clearInterval(timer);
	}
}

/** Runs nodes in a row behind a Manual Trigger; gives the items of the last one. */
async function run(world: World, nodes: Array<{ name: string; type: string; parameters: object }>) {
	const common = { typeVersion: 1, position: [0, 0] as [number, number] };
	const all = [{ name: 'Begin', type: 'n8n-nodes-base.manualTrigger', parameters: {} }, ...nodes];
	const { id } = await world.n8n.api.createWorkflow({
		name: 'Bench',
		nodes: all.map((node) => ({
			...common,
			...node,
			...(node.type.endsWith('httpRequest') && { typeVersion: 4.2 }),
			parameters: { ...node.parameters },
			id: node.name,
			...(node.type.includes('talkdesk') && {
				credentials: { talkdeskOAuth2Api: world.credential },
			}),
		})),
		connections: Object.fromEntries(
			all
				.slice(0, -1)
				.map(({ name }, index) => [
					name,
					{ main: [[{ node: all[index + 1]?.name ?? '', type: 'main', index: 0 }]] },
				]),
		),
		settings: { executionOrder: 'v1' },
	});
	const execution = await world.n8n.api.run(id, { timeoutMs: 600_000 });
	const error = errorOf(execution);
	if (error) throw new Error(error);
	const items = itemsOf(execution, all.at(-1)?.name ?? '');
	await world.n8n.api.deleteWorkflow(id);
	return items;
}

async function main() {
	const sizes = process.argv.slice(2).map(Number);
	if (sizes.length === 0) sizes.push(10, 100, 300);

	// Where the files of the customer come from.
	const source = Fastify({ forceCloseConnections: true });
	source.get('/:size', async (request, reply) => {
		const size = Number(request.url.slice(1));
		return await reply
			.header('Content-Type', 'application/pdf')
			.header('Content-Length', size * MB)
			.send(Readable.from(bytes(size)));
	});
	const sourceUrl = await source.listen({ host: '127.0.0.1', port: 0 });
	const world = await createWorld({
		onProgress: console.log,
		n8nEnv: { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' },
	});
	try {
		const { talkdesk, n8n } = world;
		const { pid } = n8n;
		if (pid === undefined) throw new Error('n8n does not run');
		const fetchFile = (size: number) => ({
			name: 'Fetch',
			type: 'n8n-nodes-base.httpRequest',
			parameters: {
				url: `${sourceUrl}/${size}`,
				options: { response: { response: { responseFormat: 'file' } } },
			},
		});
		const node = (parameters: object) => ({
			name: 'Talkdesk',
			type: 'n8n-nodes-talkdesk.talkdesk',
			parameters,
		});
		const [started] = await run(world, [
			node({ resource: 'conversation', operation: 'start', contactEmail: 'bench@example.com' }),
		]);
		const conversationId = String(started?.json.conversationId);
		const send = node({
			resource: 'message',
			operation: 'send',
			conversationId,
			inputDataFieldNames: 'data',
		});
		const downloadOf = (attachmentId: string) =>
			node({ resource: 'attachment', operation: 'download', attachmentId });
		const lastAttachment = () => talkdesk.attachments().at(-1);

		// Once small, so that everything is loaded.
		await run(world, [fetchFile(1), send]);
		await run(world, [downloadOf(lastAttachment()?.id ?? '')]);

		console.log(
			`\n| file | direction | whole | over idle (goal: < ${GOAL_MB} MB) | without our node |`,
		);
		console.log('|---|---|---|---|---|');
		for (const size of sizes) {
			const expected = hashOf(size);
			const idle = residentMb(pid);
			const baseline = await peakDuring(pid, async () => await run(world, [fetchFile(size)]));
			const out = await peakDuring(pid, async () => await run(world, [fetchFile(size), send]));
			const sent = lastAttachment();
			report(
				size,
				'customer → agent',
				sent?.sha256 === expected,
				out.peak - idle,
				baseline.peak - idle,
			);

			const idleBefore = residentMb(pid);
			const back = await peakDuring(
				pid,
				async () => await run(world, [downloadOf(sent?.id ?? '')]),
			);
			// What came in is sent back, so that the local Talkdesk can compare it.
			await run(world, [downloadOf(sent?.id ?? ''), { ...send, name: 'Send' }]);
			const returned = lastAttachment();
			const isWhole = returned?.id !== sent?.id && returned?.sha256 === expected;
			report(size, 'agent → customer', isWhole, back.peak - idleBefore);
		}
	} finally {
		await world.stop();
		await source.close();
	}
}

function report(size: number, direction: string, isWhole: boolean, over: number, without?: number) {
	const other = without === undefined ? '' : `${without.toFixed(0)} MB`;
	console.log(
		`| ${size} MB | ${direction} | ${isWhole ? 'yes' : 'NO'} | ${over.toFixed(0)} MB | ${other} |`,
	);
	if (!isWhole || over >= GOAL_MB) process.exitCode = 1;
}

await main();
