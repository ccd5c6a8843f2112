import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

import { startN8n, type N8nInstance } from '../tools/n8n/instance.mts';
import { PROJECT_FOLDER } from '../tools/n8n/pack.mts';
import { readExample, type ExampleWorkflow } from './examples.mts';

/** Every example, with the test that runs it. */
const TESTS: Record<string, string> = {
	'after-the-conversation': 'examples-after.test.mts',
	'ai-agent-hand-off': 'ai-agent.test.mts',
	'an-agent-writes-first': 'examples-desk.test.mts',
	'ask-a-human-and-wait': 'examples-flows.test.mts',
	'live-chat-hand-off': 'hand-off.test.mts',
	'no-agent-in-time': 'examples-flows.test.mts',
	'one-desk-many-channels': 'examples-desk.test.mts',
	'slack-hand-off': 'examples-channels.test.mts',
	'telegram-hand-off': 'examples-channels.test.mts',
	'whatsapp-hand-off': 'examples-channels.test.mts',
};
/** Where a test has an example through something else that it uses. */
const THROUGH: Record<string, string> = { 'live-chat-hand-off': '../tools/demo/environment.mts' };

/** A sub-workflow fails, and so the workflow that called it learns why. */
/** The operations that can fail, with the number of their outputs: the error output comes after them. */
const OUTPUTS: Record<string, number> = { start: 1, send: 1, route: 2, end: 1 };
/** Sticky notes aside. */
const MAX_NODES: Record<string, number> = {
	'after-the-conversation': 22,
	'live-chat-hand-off': 16,
	'no-agent-in-time': 16,
	'slack-hand-off': 16,
	'telegram-hand-off': 15,
	'whatsapp-hand-off': 18,
};
const UNGUARDED: Record<string, string[]> = {
	'ask-a-human-and-wait': ['Ask the human', 'End the conversation'],
	// If the end fails, an agent may still come, and the execution fails.
	'no-agent-in-time': ['Give up'],
};

const NOTE = 'n8n-nodes-base.stickyNote';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** A node on the canvas, and the round one of a model, a memory or a tool. */
const NODE = { width: 96, height: 96 };
const SUB_NODE = { width: 80, height: 80 };

const folder = path.join(PROJECT_FOLDER, 'examples');
const names = fs
	.readdirSync(folder)
	.filter((file) => file.endsWith('.json'))
	.map((file) => path.basename(file, '.json'));

const layoutSchema = z.object({ position: z.tuple([z.number(), z.number()]) });
const noteSchema = z.object({ content: z.string(), width: z.number(), height: z.number() });
const connectionsSchema = z.record(
	z.record(z.array(z.array(z.object({ node: z.string() })).nullable())),
);
const versionSchema = z.union([z.number(), z.array(z.number())]);

interface Box {
	name: string;
	x: number;
	y: number;
	width: number;
	height: number;
}

/** Where the nodes are on the canvas: what works, and what explains. */
function boxesOf({ nodes, connections }: ExampleWorkflow): { nodes: Box[]; notes: Box[] } {
	const isSubNode = (name: string) =>
		Object.keys(connectionsSchema.parse(connections)[name] ?? {}).some((kind) => kind !== 'main');
	const boxes = nodes.map((node) => {
		const [x, y] = layoutSchema.parse(node).position;
		const usual = isSubNode(node.name) ? SUB_NODE : NODE;
		const size = node.type === NOTE ? noteSchema.parse(node.parameters) : usual;
		return { type: node.type, name: node.name, x, y, width: size.width, height: size.height };
	});
	return {
		nodes: boxes.filter(({ type }) => type !== NOTE),
		notes: boxes.filter(({ type }) => type === NOTE),
	};
}

/** How two boxes lie: the first inside the second, over its edge, or apart. */
function relation(a: Box, b: Box): 'inside' | 'across' | 'apart' {
	const isApart =
		a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
	if (isApart) return 'apart';
	const isInside =
		a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height;
	return isInside ? 'inside' : 'across';
}

const webhookIds = (example: ExampleWorkflow) =>
	example.nodes.flatMap(({ webhookId }) => webhookId ?? []);

it('every example has a test that runs it', () => {
	expect(Object.keys(TESTS)).toEqual(names);
	for (const [name, test] of Object.entries(TESTS)) {
		const files = [test, ...(THROUGH[name] ? [THROUGH[name]] : [])].map((file) =>
			fs.readFileSync(path.join(PROJECT_FOLDER, 'test/e2e', file), 'utf8'),
		);
		expect(files.join('\n')).toContain(`'${name}'`);
	}
});

it('no two examples use the same webhook', () => {
	const ids = names.flatMap((name) => webhookIds(readExample(name)));
	const paths = names.flatMap((name) =>
		readExample(name)
			.nodes.filter(({ type }) => type === 'n8n-nodes-base.webhook')
			.map(({ parameters }) => parameters.path),
	);
	for (const list of [ids, paths]) expect(list).toEqual([...new Set(list)]);
});

describe.each(names)('%s', (name) => {
	const example = readExample(name);
	const text = fs.readFileSync(path.join(folder, `${name}.json`), 'utf8');

	it('explains itself', () => {
		const notes = example.nodes
			.filter(({ type }) => type === NOTE)
			.map(({ parameters }) => noteSchema.parse(parameters).content);
		expect(notes[0]).toContain(`## ${example.name}`);
		expect(notes[0]).toContain('**To run it**');
		expect(notes[0]).toContain('Publish the workflow');
		// A second copy would have the same webhook ID.
		expect(notes[0]).toContain('Import this example once');
		// What a note calls *by its name* in this way is there.
		const nodeNames = example.nodes.map((node) => node.name);
		for (const [, list = ''] of notes.join('\n').matchAll(/credential in (.*?)[.;:]/g)) {
			for (const [, node] of list.matchAll(/\*([^*]+)\*/g)) expect(nodeNames).toContain(node);
		}
	});

	it('has no data of the instance on which it was made', () => {
		expect(Object.keys(example).sort()).toEqual(
			['connections', 'name', 'nodes', 'pinData', 'settings'].filter((key) => key in example),
		);
		expect(example.pinData ?? {}).toEqual({});
		expect(example.settings).toEqual({ executionOrder: 'v1' });
		expect(example.nodes.filter((node) => node.credentials)).toEqual([]);
		expect(example.nodes.filter((node) => node.disabled)).toEqual([]);
		for (const foreign of [
			'instanceId',
			'cachedResultUrl',
			'"versionId"',
			'127.0.0.1',
			'localhost',
		]) {
			expect(text).not.toContain(foreign);
		}
		for (const id of webhookIds(example)) expect(id).toMatch(UUID);
	});

	it('has every node connected, with a unique name and id', () => {
		const all = example.nodes.map((node) => node.name);
		expect(all).toEqual([...new Set(all)]);
		expect(new Set(example.nodes.map(({ id }) => id)).size).toBe(all.length);
		const links = Object.entries(connectionsSchema.parse(example.connections)).flatMap(
			([from, kinds]) =>
				Object.values(kinds)
					.flat(2)
					.map((link) => [from, link?.node]),
		);
		expect(links.flat().filter((each) => !all.includes(each ?? ''))).toEqual([]);
		const linked = new Set(links.flat());
		const working = example.nodes.filter(({ type }) => type !== NOTE).map((node) => node.name);
		expect(working.filter((each) => !linked.has(each))).toEqual([]);
		// Expressions refer to nodes that are there.
		for (const [, referred] of text.matchAll(/\$\('((?:[^'\\]|\\.)+)'\)/g)) {
			expect(all).toContain(referred?.replaceAll('\\\\', ''));
		}
	});

	it('sends no customer an echo: it receives messages of agents only, or looks at the author', () => {
		const triggers = example.nodes.filter(({ type }) => type.endsWith('.talkdeskTrigger'));
		expect(triggers).toHaveLength(1);
		const isLimited = z
			.object({ onlyAgentMessages: z.literal(true) })
			.safeParse(triggers[0]?.parameters.options).success;
		const looksAtAuthor = example.nodes.some(({ parameters }) =>
			/author\?\.kind }}.{0,40}customer/.test(JSON.stringify(parameters)),
		);
		expect([isLimited, looksAtAuthor]).toContain(true);
	});

	it('has an error branch for conversations and messages', () => {
		const connections = connectionsSchema.parse(example.connections);
		const unguarded = example.nodes
			.filter(({ type }) => type === 'n8n-nodes-talkdesk.talkdesk')
			.filter(({ parameters }) => Object.keys(OUTPUTS).includes(String(parameters.operation)))
			.filter(({ name: node, onError, parameters }) => {
				const branch = connections[node]?.main?.[OUTPUTS[String(parameters.operation)] ?? 1];
				return onError !== 'continueErrorOutput' || !branch?.length;
			});
		expect(unguarded.map((node) => node.name)).toEqual(UNGUARDED[name] ?? []);
	});

	it('has no more nodes than a hand-off needs', () => {
		const nodes = example.nodes.filter(({ type }) => !type.endsWith('.stickyNote'));
		expect(nodes.length).toBeLessThanOrEqual(MAX_NODES[name] ?? Infinity);
	});

	it('has a layout without overlaps', () => {
		const { nodes, notes } = boxesOf(example);
		const problems = nodes.flatMap((node, index) => [
			...nodes.slice(index + 1).flatMap((other) => {
				return relation(node, other) === 'apart' ? [] : [`${node.name} over ${other.name}`];
			}),
			...notes.flatMap((note) =>
				relation(node, note) === 'across' ? [`${node.name} over the edge of ${note.name}`] : [],
			),
		]);
		const amongNotes = notes.flatMap((note, index) =>
			notes
				.slice(index + 1)
				.flatMap((other) =>
					relation(note, other) === 'across' && relation(other, note) === 'across'
						? [`${note.name} across ${other.name}`]
						: [],
				),
		);
		expect([...problems, ...amongNotes]).toEqual([]);
	});
});

describe('in a fresh n8n', () => {
	let n8n: N8nInstance;
	beforeAll(async () => {
		n8n = await startN8n({ packageFolder: PROJECT_FOLDER });
	}, 180_000);
	afterAll(async () => await n8n?.stop(), 30_000);

	it.each(names)('%s is imported unchanged, with all its node types', async (name) => {
		const example = readExample(name);
		const types = await n8n.api.nodeTypes();
		const credentialTypes = new Set(
			types.flatMap(({ credentials }) => (credentials ?? []).map((each) => each.name)),
		);
		for (const node of example.nodes) {
			const versions = types
				.filter((type) => type.name === node.type)
				.flatMap(({ version }) => versionSchema.parse(version));
			expect([node.name, versions]).toEqual([
				node.name,
				expect.arrayContaining([node.typeVersion]),
			]);
			const { nodeCredentialType = 'talkdeskOAuth2Api' } = node.parameters;
			expect(credentialTypes).toContain(nodeCredentialType);
		}
		const { id } = await n8n.api.importWorkflow(example, { credentials: {} });
		const { nodes, connections } = await n8n.api.workflow(id);
		expect({ nodes, connections }).toEqual({
			nodes: example.nodes,
			connections: example.connections,
		});
	});
});
