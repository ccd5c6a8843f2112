/** Measures n8n's memory over idle during transfers in both directions, and compares the files. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import Fastify from 'fastify';

import type { N8nInstance } from '../n8n/instance.mts';
import { residentMb } from '../n8n/memory.mts';
import { itemsOf } from '../n8n/workflows.mts';
import { credentialFor } from '../../simulator/credential.mts';
import { startSimulator, type TalkdeskSimulator } from '../../simulator/simulator.mts';
import { withN8n } from './engines.mts';
import type { Part, Progress, Section } from './section.mts';
import {
	begin,
	createChain,
	CREDENTIAL_TYPE,
	run,
	TALKDESK,
	type BenchNode,
} from './bench-workflows.mts';

const SIZES_MB = [10, 100, 300];
const GOAL_MB = 64;
const MB = 1_000_000;
const SAMPLE_MS = 20;
const CHUNK = Buffer.alloc(MB, 'n8n and Talkdesk ');

/** A large file that is generated while it is read. */
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

/** The source of the customer's files. */
async function startSource() {
	const app = Fastify({ forceCloseConnections: true });
	app.get('/:size', async (request, reply) => {
		const size = Number(request.url.slice(1));
		return await reply
			.header('Content-Type', 'application/pdf')
			.header('Content-Length', size * MB)
			.send(Readable.from(bytes(size)));
	});
	const url = await app.listen({ host: '127.0.0.1', port: 0 });
	return { url, close: async () => await app.close() };
}

/** The growth of n8n's resident memory to its peak, in MB, while something runs. */
async function growthDuring(n8n: N8nInstance, work: () => Promise<unknown>): Promise<number> {
	const before = residentMb(n8n.pid);
	let peak = before;
	const timer = setInterval(() => (peak = Math.max(peak, residentMb(n8n.pid))), SAMPLE_MS);
	try {
		await work();
		return peak - before;
	} finally {
		clearInterval(timer);
	}
}

interface Measured {
	size: number;
	direction: string;
	isWhole: boolean;
	/** MB over idle. */
	growth: number;
	/** MB over idle of the same workflow without the Talkdesk node, if there is one. */
	without?: number;
}

async function measureFiles(
	n8n: N8nInstance,
	talkdesk: TalkdeskSimulator,
	{ sourceUrl, progress }: { sourceUrl: string; progress: Progress },
): Promise<Measured[]> {
	const credential = await n8n.api.createCredential(
		'Talkdesk',
		CREDENTIAL_TYPE,
		credentialFor(talkdesk),
	);
	const fetchFile = (size: number): BenchNode => ({
		name: 'Fetch',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			url: `${sourceUrl}/${size}`,
			options: { response: { response: { responseFormat: 'file' } } },
		},
	});
	const node = (name: string, parameters: Record<string, unknown>): BenchNode => ({
		...{ name, type: TALKDESK, parameters },
		credentials: { [CREDENTIAL_TYPE]: credential },
	});
	const play = async (...nodes: BenchNode[]) => {
		const id = await createChain(n8n, 'Files', [begin, ...nodes]);
		const items = itemsOf(await run(n8n, id), nodes.at(-1)?.name ?? '');
		await n8n.api.deleteWorkflow(id);
		return items;
	};
	const start = { resource: 'conversation', operation: 'start', contactEmail: 'bench@example.com' };
	const [started] = await play(node('Start', start));
	const send = node('Send', {
		resource: 'message',
		operation: 'send',
		conversationId: String(started?.json.conversationId),
		inputDataFieldNames: 'data',
	});
	const downloadOf = (attachmentId = '') =>
		node('Download', { resource: 'attachment', operation: 'download', attachmentId });
	const lastAttachment = () => talkdesk.attachments().at(-1);

	// A small warm-up, so that all code is loaded.
	await play(fetchFile(1), send);
	await play(downloadOf(lastAttachment()?.id));

	const measured: Measured[] = [];
	for (const size of SIZES_MB) {
		progress(`${size} MB …`);
		const expected = hashOf(size);
		const without = await growthDuring(n8n, async () => await play(fetchFile(size)));
		const growth = await growthDuring(n8n, async () => await play(fetchFile(size), send));
		const sent = lastAttachment();
		const isWhole = sent?.sha256 === expected;
		measured.push({ size, direction: 'customer to agent', isWhole, growth, without });

		const back = await growthDuring(n8n, async () => await play(downloadOf(sent?.id)));
		// The workflow sends the files back, so that they can be compared.
		await play(downloadOf(sent?.id), send);
		const returned = lastAttachment();
		measured.push({
			size,
			direction: 'agent to customer',
			isWhole: returned?.id !== sent?.id && returned?.sha256 === expected,
			growth: back,
		});
	}
	return measured;
}

async function measure(progress: Progress): Promise<Section> {
	const source = await startSource();
	const talkdesk = await startSimulator();
	try {
		const engine = {
			title: 'n8n that keeps files in its folder',
			env: { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' },
		};
		const measured = await withN8n(
			engine,
			progress,
			async (n8n) => await measureFiles(n8n, talkdesk, { sourceUrl: source.url, progress }),
		);
		const most = Math.max(...measured.map(({ growth }) => growth));
		const broken = measured.filter(({ isWhole }) => !isWhole).length;
		return {
			title: 'Files',
			paragraphs: [
				"How much n8n's resident memory grows over idle while a file goes through, at its peak, looked at every 20 ms; and whether the file arrives byte for byte. To the agent, an HTTP Request node fetches the file and the Talkdesk node sends it; beside it what fetching alone takes. n8n keeps files in its folder (`N8N_DEFAULT_BINARY_DATA_MODE=filesystem`).",
			],
			tables: [
				{
					head: ['file', 'direction', 'whole', 'over idle', 'without our node'],
					rows: measured.map(({ size, direction, isWhole, growth, without }) => [
						`${size} MB`,
						direction,
						isWhole ? 'yes' : 'NO',
						`${growth.toFixed(0)} MB`,
						without === undefined ? '' : `${without.toFixed(0)} MB`,
					]),
				},
			],
			goals: [
				{
					measure: `Growth of n8n's memory while a file of up to ${Math.max(...SIZES_MB)} MB goes through`,
					goal: `< ${GOAL_MB} MB`,
					measured: `${most.toFixed(0)} MB`,
					// NaN, if memory can't be measured, is no success either.
					isMet: most < GOAL_MB,
				},
				{
					measure: 'Files that do not arrive byte for byte',
					goal: '0',
					measured: `${broken}`,
					isMet: broken === 0,
				},
			],
		};
	} finally {
		await talkdesk.close();
		await source.close();
	}
}

export const files: Part = {
	name: 'files',
	what: "how n8n's memory grows while large files go through it (Linux)",
	measure,
};
