import { Container } from '@n8n/di';
import {
	createRunExecutionData,
	NodeConnectionTypes,
	Workflow,
	type IBinaryData,
	type IBinaryKeyData,
	type IDataObject,
	type INode,
	type INodeParameters,
	type INodeType,
	type INodeTypes,
	type ITaskData,
	type IWorkflowExecuteAdditionalData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import {
	BinaryDataService,
	DataDeduplicationService,
	ExecutionLifecycleHooks,
	ExternalSecretsProxy,
	InstanceSettings,
	WorkflowExecute,
} from 'n8n-core';

import { Talkdesk } from '../../nodes/Talkdesk/Talkdesk.node';
import { TalkdeskTrigger } from '../../nodes/Talkdesk/TalkdeskTrigger.node';
import {
	InMemoryCredentials,
	FakeMemoryNode,
	notImplemented,
	InMemoryDeduplicator,
	type StoredCredential,
} from './fakes.mts';
import type { FakeDataTables } from '../support/fakeDataTables.mts';
import { checkOutput } from './outputSchemas.mts';

export type { StoredCredential } from './fakes.mts';

/** For n8n's links to itself, which are not followed here. */
const BASE_URL = 'http://n8n.invalid';

interface File {
	name: string;
	type: string;
	content: Buffer;
	/** Whether n8n keeps it in the item instead of on disk. */
	inMemory?: boolean;
}

const binaryData = Container.get(BinaryDataService);
const binaryDataReady = binaryData.init();

/** Stores a file as n8n does for executions. */
async function store({ name, type, content, inMemory }: File): Promise<IBinaryData> {
	if (inMemory) return { data: content.toString('base64'), mimeType: type, fileName: name };
	await binaryDataReady;
	const location = {
		type: 'execution' as const,
		workflowId: 'workflow-1',
		executionId: 'execution-1',
	};
	return await binaryData.store(location, content, { data: '', mimeType: type, fileName: name });
}

/** The bytes of a file in an item. */
export async function contentOf(file: IBinaryData | undefined): Promise<Buffer> {
	if (!file) throw new Error('there is no file');
	return await binaryData.getAsBuffer(file);
}

void DataDeduplicationService.init(new InMemoryDeduplicator());

export interface RunOptions {
	credential: StoredCredential;
	parameters: INodeParameters;
	items?: IDataObject[];
	node?: Partial<INode>;
	executionId?: string;
	/** Thrown the first time that the credential is read. */
	credentialFails?: Error;
	/** The execution that this one repeats (*Retry*), with its data but another ID. */
	retryOf?: string;
	/** Random for each execution in n8n; here by default derived from its ID. */
	resumeToken?: string;
	/** The ID of the n8n instance. */
	instanceId?: string;
	/** How the execution was started; by default by a trigger. */
	mode?: WorkflowExecuteMode;
	/** Earlier runs of the node in this execution, as in a loop. */
	earlierRuns?: number;
	/** What the nodes of the execution have noted before. */
	context?: IDataObject;
	/** Files by field, in every item. */
	files?: Record<string, File>;
	/** Whether the workflow keeps files in the JSON of its items. */
	isCombined?: boolean;
	/** The messages of the connected memory node, if there is one. */
	memory?: unknown[];
	/** n8n's Data Tables; by default none that work. */
	dataTables?: Pick<FakeDataTables, 'executeWorkflow'>;
	/** The workflow; another one shares nothing with it. */
	workflowId?: string;
	/** The base of the URL that wakes the execution, which then waits for a reply behind the node. */
	waitingUrl?: string;
	/** Cancels the execution when it is fulfilled. */
	stopped?: Promise<void>;
}

/** n8n without the module of Data Tables. */
const NO_DATA_TABLES: Pick<FakeDataTables, 'executeWorkflow'> = {
	executeWorkflow: async () => {
		throw new Error('Attempted to use Data table node but the module is disabled');
	},
};

/**
 * Runs one node in n8n's own engine.
 *
 * @returns the items of each output, and the error that ended the execution, if any
 */
export async function runNode(
	type: 'talkdesk' | 'talkdeskTrigger',
	{
		credential,
		parameters,
		items = [{}],
		node: overrides,
		executionId = 'execution-1',
		credentialFails,
		retryOf,
		instanceId = 'instance-1',
		resumeToken = `token of ${retryOf ?? executionId} in ${instanceId}`,
		mode = retryOf === undefined ? 'trigger' : 'retry',
		earlierRuns = 0,
		context = {},
		files = {},
		isCombined = false,
		memory,
		stopped,
		waitingUrl,
		dataTables = NO_DATA_TABLES,
		workflowId = 'workflow-1',
	}: RunOptions,
) {
	await binaryDataReady;
	const binary: IBinaryKeyData = {};
	for (const [field, file] of Object.entries(files)) binary[field] = await store(file);
	const hasFiles = Object.keys(binary).length > 0;
	const withFiles = (json: IDataObject) => {
		if (!hasFiles) return { json };
		return isCombined ? { json: { ...json, _files: { ...binary } } } : { json, binary };
	};
	const types: Record<string, INodeType> = {
		talkdesk: new Talkdesk(),
		// The tool that n8n makes of it for AI agents.
		talkdeskTool: new Talkdesk(),
		'n8n-nodes-talkdesk.talkdesk': new Talkdesk(),
		talkdeskTrigger: new TalkdeskTrigger(),
		memory: new FakeMemoryNode(memory ?? []),
	};
	const find = (name: string) => {
		const found = types[name];
		if (!found) throw new Error(`no node type ${name}`);
		return found;
	};
	const nodeTypes: INodeTypes = {
		getByName: find,
		getByNameAndVersion: find,
		getKnownTypes: () => ({}),
	};
	const node: INode = {
		id: 'node-1',
		name: 'Talkdesk',
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters,
		credentials: { talkdeskOAuth2Api: { id: 'credential-1', name: 'Talkdesk' } },
		...overrides,
	};
	const memoryNode: INode = {
		id: 'memory-1',
		name: 'Memory',
		type: 'memory',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const waitingNode: INode = {
		...memoryNode,
		id: 'wait-1',
		name: 'Wait',
		type: 'n8n-nodes-talkdesk.talkdesk',
		parameters: {
			resource: 'message',
			operation: 'sendAndWaitForReply',
			conversationId: '={{ $json.conversationId }}',
			text: '',
			options: {},
		},
		credentials: node.credentials ?? {},
		disabled: false,
	};
	const workflow = new Workflow({
		id: workflowId,
		name: 'Test',
		active: false,
		nodeTypes,
		nodes: [node, ...(memory ? [memoryNode] : []), ...(waitingUrl ? [waitingNode] : [])],
		connections: {
			...(memory && {
				Memory: {
					ai_memory: [[{ node: 'Talkdesk', type: NodeConnectionTypes.AiMemory, index: 0 }]],
				},
			}),
			...(waitingUrl && {
				Talkdesk: { main: [[{ node: 'Wait', type: NodeConnectionTypes.Main, index: 0 }]] },
			}),
		},
		settings: { executionOrder: 'v1', ...(isCombined && { binaryMode: 'combined' }) },
	});
	const earlierRun: ITaskData = {
		startTime: 0,
		executionTime: 0,
		executionIndex: 0,
		executionStatus: 'success',
		source: [],
	};
	Object.assign(Container.get(InstanceSettings), { instanceId });
	const runExecutionData = createRunExecutionData({
		// n8n stores it with the data of an execution: a retry has that of the first one.
		resumeToken,
		resultData: {
			runData: earlierRuns > 0 ? { Talkdesk: Array<ITaskData>(earlierRuns).fill(earlierRun) } : {},
		},
		executionData: {
			contextData: { flow: { ...context } },
			nodeExecutionStack: [
				{
					node,
					data: { main: [items.map(withFiles)] },
					source: null,
				},
			],
		},
	});

	const additionalData: IWorkflowExecuteAdditionalData = {
		credentialsHelper: new InMemoryCredentials(credential, credentialFails),
		externalSecretsProxy: new ExternalSecretsProxy(),
		executionId,
		currentNodeExecutionIndex: 0,
		variables: {},
		restApiUrl: BASE_URL,
		instanceBaseUrl: BASE_URL,
		formBaseUrl: BASE_URL,
		formWaitingBaseUrl: BASE_URL,
		formTestBaseUrl: BASE_URL,
		webhookBaseUrl: BASE_URL,
		webhookWaitingBaseUrl: waitingUrl ?? BASE_URL,
		webhookTestBaseUrl: BASE_URL,
		mcpBaseUrl: BASE_URL,
		mcpTestBaseUrl: BASE_URL,
		logAiEvent: () => {},
		executeWorkflow: dataTables.executeWorkflow,
		getRunExecutionData: notImplemented,
		getRuntimeCredential: notImplemented,
		startRunnerTask: notImplemented,
	};
	additionalData.hooks = new ExecutionLifecycleHooks(mode, executionId, {
		id: workflowId,
		name: 'Test',
		active: false,
		activeVersionId: null,
		isArchived: false,
		createdAt: new Date(0),
		updatedAt: new Date(0),
		nodes: [],
		connections: {},
	});

	const execution = new WorkflowExecute(
		additionalData,
		mode,
		runExecutionData,
	).processRunExecutionData(workflow);
	void stopped?.then(() => execution.cancel());
	const run = await execution;
	const task = run.data.resultData.runData.Talkdesk?.at(-1);
	const outputs = task?.data?.main ?? [];
	if (type === 'talkdesk' && !run.data.resultData.error) checkOutput(parameters, outputs);
	return {
		outputs,
		items: task?.data?.main?.[0] ?? [],
		error: run.data.resultData.error,
		/** What n8n keeps as the input of a node that waits: what comes out if the time is over. */
		waitsWith: run.waitTill
			? (run.data.executionData?.nodeExecutionStack[0]?.data.main?.[0]?.[0]?.json ?? {})
			: undefined,
		/** The whole execution as a text to search in. */
		everything: JSON.stringify(run),
	};
}
