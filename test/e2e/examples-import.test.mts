import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

import { startN8n, type N8nInstance } from '../tools/n8n/instance.mts';
import { PROJECT_FOLDER } from '../tools/n8n/pack.mts';
import { exampleNames, exampleText, readExample, type ExampleWorkflow } from './examples.mts';
import {
	backwardLines,
	connectionsSchema,
	NOTE,
	noteSchema,
	overlaps,
} from './examples-canvas.mts';

/** Every example, with the test that runs it. */
const TESTS: Record<string, string> = {
	'after-the-conversation': 'examples-after.test.mts',
	'ai-agent-hand-off': 'ai-agent.test.mts',
	'ai-agent-in-n8n-chat': 'hosted-chat.test.mts',
	'an-agent-writes-first': 'examples-desk.test.mts',
	'ask-a-human-and-wait': 'examples-flows.test.mts',
	'live-chat-hand-off': 'hand-off.test.mts',
	'no-agent-in-time': 'examples-flows.test.mts',
	'one-desk-many-channels': 'examples-desk.test.mts',
	'one-execution-one-conversation': 'examples-loop.test.mts',
	'slack-hand-off': 'examples-channels.test.mts',
	'telegram-hand-off': 'examples-channels.test.mts',
	'whatsapp-hand-off': 'examples-channels.test.mts',
};
/** Where a test has an example through something else that it uses. */
const THROUGH: Record<string, string> = {
	'ai-agent-in-n8n-chat': '../tools/demo/hostedChat.mts',
	'live-chat-hand-off': '../tools/demo/environment.mts',
};

/** How many nodes an example may have, without its notes. */
const MAX_NODES: Record<string, number> = {
	'after-the-conversation': 22,
	'ai-agent-hand-off': 13,
	'ai-agent-in-n8n-chat': 16,
	'an-agent-writes-first': 15,
	'ask-a-human-and-wait': 8,
	'live-chat-hand-off': 16,
	'no-agent-in-time': 16,
	'one-desk-many-channels': 24,
	'one-execution-one-conversation': 16,
	'slack-hand-off': 16,
	'telegram-hand-off': 15,
	'whatsapp-hand-off': 18,
};

/** Its trigger only hands events over to waiting executions. */
const HANDS_OVER_ONLY = ['ask-a-human-and-wait'];
/** Lines that lead back to a node that waits. */
const LOOPS: Record<string, string[]> = {
	'ai-agent-in-n8n-chat': ['What happened? to Remember', 'What happened? to Live chat'],
	'ask-a-human-and-wait': ['Is it an answer? to Wait for the answer'],
	'no-agent-in-time': ['Has an agent written? to Wait for an agent'],
	'one-execution-one-conversation': ['What happened? to Wait for the human'],
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const versionSchema = z.union([z.number(), z.array(z.number())]);

const webhookIds = (example: ExampleWorkflow) =>
	example.nodes.flatMap(({ webhookId }) => webhookId ?? []);

it('every example has a test that runs it', () => {
	expect(Object.keys(TESTS)).toEqual(exampleNames);
	for (const [name, test] of Object.entries(TESTS)) {
		const files = [test, ...(THROUGH[name] ? [THROUGH[name]] : [])].map((file) =>
			fs.readFileSync(path.join(PROJECT_FOLDER, 'test/e2e', file), 'utf8'),
		);
		expect(files.join('\n')).toMatch(new RegExp(`['/]${name}(?:\\.json)?'`));
	}
});

it('no two examples use the same webhook', () => {
	const ids = exampleNames.flatMap((name) => webhookIds(readExample(name)));
	const paths = exampleNames.flatMap((name) =>
		readExample(name)
			.nodes.filter(({ type }) => type === 'n8n-nodes-base.webhook')
			.map(({ parameters }) => parameters.path),
	);
	for (const list of [ids, paths]) expect(list).toEqual([...new Set(list)]);
});

describe.each(exampleNames)('%s', (name) => {
	const example = readExample(name);
	const text = exampleText(name);

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
		expect(working.filter((each) => !linked.has(each))).toEqual(
			HANDS_OVER_ONLY.includes(name) ? ['Talkdesk Trigger'] : [],
		);
		// Expressions refer to nodes that are there.
		for (const [, referred] of text.matchAll(/\$\('((?:[^'\\]|\\.)+)'\)/g)) {
			expect(all).toContain(referred?.replaceAll('\\\\', ''));
		}
	});

	it('has at most its number of nodes', () => {
		expect(example.nodes.filter(({ type }) => type !== NOTE).length).toBeLessThanOrEqual(
			MAX_NODES[name] ?? 0,
		);
	});

	it('has its lines from left to right', () => {
		expect(backwardLines(example)).toEqual(LOOPS[name] ?? []);
	});

	it('has a layout without overlaps', () => {
		expect(overlaps(example)).toEqual([]);
	});
});

describe('in a fresh n8n', () => {
	let n8n: N8nInstance;
	beforeAll(async () => {
		n8n = await startN8n({ packageFolder: PROJECT_FOLDER });
	}, 180_000);
	afterAll(async () => await n8n?.stop(), 30_000);

	it.each(exampleNames)('%s is imported unchanged, with all its node types', async (name) => {
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
		// n8n gives each node that can be woken an ID of its own.
		const named = new Set(webhookIds(example));
		const imported = nodes.map(({ webhookId, ...node }) => ({
			...node,
			...(webhookId && named.has(webhookId) && { webhookId }),
		}));
		expect({ nodes: imported, connections }).toEqual({
			nodes: example.nodes,
			connections: example.connections,
		});
	});
});
