import { stringify } from 'flatted';

import { executionSchema, type NodeType } from './schemas.mts';
import { errorOf, itemsOf, prepareImport, webhookCandidates } from './workflows.mts';

const TYPE = 'n8n-nodes-talkdesk.talkdesk';
const CREDENTIAL = 'talkdeskOAuth2Api';
const OURS = { [CREDENTIAL]: { id: 'ours', name: 'Talkdesk simulator' } };

const NODE_TYPES: NodeType[] = [
	{
		name: TYPE,
		displayName: 'Talkdesk',
		credentials: [{ name: CREDENTIAL, required: true, displayOptions: undefined }],
	},
	{
		name: 'n8n-nodes-base.httpRequest',
		displayName: 'HTTP Request',
		credentials: [{ name: CREDENTIAL, displayOptions: { show: { authentication: ['x'] } } }],
	},
];

const workflowWith = (...nodes: object[]) => ({
	id: 'theirs',
	name: 'Handoff',
	active: true,
	tags: [{ id: '1', name: 'chat' }],
	nodes: nodes.map((node, index) => ({ name: `Node ${index}`, type: TYPE, ...node })),
	connections: {},
	settings: { executionOrder: 'v1' },
});

describe('prepareImport', () => {
	test('replaces the credentials of the export by those of this instance', () => {
		const foreign = { [CREDENTIAL]: { id: 'theirs', name: 'Production' } };
		const { nodes } = prepareImport(workflowWith({ credentials: foreign }), OURS);
		expect(nodes[0]?.credentials).toEqual(OURS);
	});

	test('gives a node without credentials those that its type requires', () => {
		const { nodes } = prepareImport(
			workflowWith({}, { type: 'n8n-nodes-base.httpRequest' }, { type: 'n8n-nodes-base.set' }),
			OURS,
			NODE_TYPES,
		);
		expect(nodes.map((node) => node.credentials)).toEqual([OURS, undefined, undefined]);
	});

	test('names a node whose credential is missing', () => {
		const workflow = workflowWith({ credentials: { telegramApi: { id: 'x', name: 'Bot' } } });
		expect(() => prepareImport(workflow, OURS)).toThrow(
			'Node "Node 0" needs a credential of type telegramApi',
		);
	});

	test('removes data of the other instance, and keeps the rest', () => {
		const prepared = prepareImport(workflowWith({ webhookId: 'w', position: [1, 2] }), OURS);
		expect(Object.keys(prepared).sort()).toEqual(['connections', 'name', 'nodes', 'settings']);
		expect(prepared.nodes[0]).toMatchObject({ webhookId: 'w', position: [1, 2] });
	});

	test('doesn’t change the workflow that it is given', () => {
		const workflow = workflowWith({});
		const before = structuredClone(workflow);
		prepareImport(workflow, OURS, NODE_TYPES);
		expect(workflow).toEqual(before);
	});
});

describe('webhookCandidates', () => {
	const type = (webhooks: NodeType['webhooks']): NodeType[] => [
		{ name: TYPE, displayName: 'Talkdesk', webhooks },
	];
	const node = (extra: object = {}) => ({
		name: 'Trigger',
		type: TYPE,
		parameters: { path: 'orders' },
		webhookId: 'abc',
		...extra,
	});

	test.each([
		['a full path with the webhook’s id', '={{$webhookId}}/ended', true, 'abc/ended'],
		['a full path from a parameter', '={{$parameter["path"]}}', true, 'orders'],
		['a path under the webhook’s id', 'chat', false, 'abc/chat'],
	])('resolves %s', (_what, path, isFullPath, expected) => {
		const types = type([{ name: 'default', path, httpMethod: 'POST', isFullPath }]);
		expect(webhookCandidates([node()], types)).toEqual([
			{ node: 'Trigger', method: 'POST', path: expected },
		]);
	});

	test('uses a parameter’s value, or the default beside it, for the method', () => {
		const httpMethod = '={{$parameter["httpMethod"] || "GET"}}';
		const types = type([{ name: 'default', path: 'x', httpMethod, isFullPath: true }]);
		const methods = [node(), node({ parameters: { httpMethod: 'PUT' } })].flatMap((one) =>
			webhookCandidates([one], types).map(({ method }) => method),
		);
		expect(methods).toEqual(['GET', 'PUT']);
	});

	test('leaves out disabled nodes and paths that it can’t resolve', () => {
		const plain = type([{ name: 'default', path: 'x', httpMethod: 'POST' }]);
		expect(webhookCandidates([node({ disabled: true })], plain)).toEqual([]);
		const odd = type([{ name: 'default', path: '={{ $now }}', httpMethod: 'POST' }]);
		expect(webhookCandidates([node()], odd)).toEqual([]);
	});
});

describe('an execution', () => {
	const shared = { text: 'hello' };
	const execution = executionSchema.parse({
		id: '1',
		workflowId: 'w',
		status: 'error',
		mode: 'webhook',
		startedAt: null,
		data: stringify({
			resultData: {
				runData: {
					Chat: [
						{ data: { main: [[{ json: { run: 1 } }]] } },
						{ data: { main: [null, [{ json: shared }, { json: shared }]] } },
					],
				},
				error: { message: 'Refused', description: 'The token has expired' },
			},
		}),
	});

	test('gives the items of a node’s last run, or of another one', () => {
		expect(itemsOf(execution, 'Chat', { output: 1 }).map(({ json }) => json)).toEqual([
			shared,
			shared,
		]);
		expect(itemsOf(execution, 'Chat', { run: 0 }).map(({ json }) => json)).toEqual([{ run: 1 }]);
	});

	test('gives no items if there are none', () => {
		expect(itemsOf(execution, 'Chat')).toEqual([]);
		expect(itemsOf(execution, 'Other')).toEqual([]);
	});

	test('gives its error with the description', () => {
		expect(errorOf(execution)).toBe('Refused – The token has expired');
	});
});
