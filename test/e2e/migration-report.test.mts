import { startN8n, type N8nInstance } from '../tools/n8n/instance.mts';
import { PROJECT_FOLDER } from '../tools/n8n/pack.mts';
import type { WorkflowInput } from '../tools/n8n/schemas.mts';
import { exampleNames, readExample } from './examples.mts';

/** n8n's migration report (Settings > Migration Report): what of the workflows breaks with the next major version. */

const VERSION = 'v3';

let n8n: N8nInstance;
beforeAll(async () => {
	n8n = await startN8n({ packageFolder: PROJECT_FOLDER });
}, 180_000);
afterAll(async () => await n8n?.stop(), 30_000);

const ruleIds = async () =>
	(await n8n.api.migrationReport(VERSION)).map(({ ruleId, nbAffectedWorkflows }) => [
		ruleId,
		nbAffectedWorkflows,
	]);

const workflowOf = (node: object): WorkflowInput => ({
	name: 'Planted',
	nodes: [
		{
			...{ id: 'a', name: 'A', type: 'n8n-nodes-base.noOp', typeVersion: 1 },
			...{ position: [0, 0], parameters: {} },
			...node,
		},
	],
	connections: {},
	settings: { executionOrder: 'v1' },
});

/** Workflows that break, by the rule that has to say so. */
const PLANTS: Record<string, WorkflowInput> = {
	'chat-trigger-embedded-json-v3': workflowOf({
		type: '@n8n/n8n-nodes-langchain.chatTrigger',
		typeVersion: 1.1,
		parameters: { public: true, mode: 'webhook' },
	}),
	'get-paired-item-v3': workflowOf({ parameters: { a: '={{ $getPairedItem() }}' } }),
	// It needs the description of our own node.
	'always-output-data-multi-output-v3': workflowOf({
		type: 'n8n-nodes-talkdesk.talkdeskTrigger',
		alwaysOutputData: true,
	}),
};

it.each(Object.entries(PLANTS))(
	'notices %s',
	async (rule, workflow) => {
		expect(await ruleIds()).toEqual([]);
		const { id } = await n8n.api.createWorkflow(workflow);
		expect(await ruleIds()).toEqual([[rule, 1]]);
		await n8n.api.deleteWorkflow(id);
	},
	30_000,
);

it('has no finding for any example', async () => {
	expect(exampleNames.length).toBeGreaterThan(9);
	for (const name of exampleNames)
		await n8n.api.importWorkflow(readExample(name), { credentials: {} });
	expect(await n8n.api.migrationReport(VERSION)).toEqual([]);
}, 60_000);
