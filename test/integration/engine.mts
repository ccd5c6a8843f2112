import 'reflect-metadata';

import {
	createRunExecutionData,
	ICredentialsHelper,
	NodeConnectionTypes,
	Workflow,
	type DeduplicationItemTypes,
	type IBinaryData,
	type IBinaryKeyData,
	type DeduplicationScope,
	type ICheckProcessedContextData,
	type ICredentialDataDecryptedObject,
	type IDataDeduplicator,
	type IDeduplicationOutput,
	type INodeTypeDescription,
	type ITaskData,
	type SupplyData,
	type IDataObject,
	type IHttpRequestHelper,
	type IHttpRequestOptions,
	type INode,
	type INodeParameters,
	type INodeType,
	type INodeTypes,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { Container } from '@n8n/di';
import {
	DataDeduplicationService,
	ExecutionLifecycleHooks,
	ExternalSecretsProxy,
	WorkflowExecute,
	BinaryDataService,
} from 'n8n-core';

import { TalkdeskOAuth2Api } from '../../credentials/TalkdeskOAuth2Api.credentials';
import { Talkdesk } from '../../nodes/Talkdesk/Talkdesk.node';
import { TalkdeskTrigger } from '../../nodes/Talkdesk/TalkdeskTrigger.node';

/** The credential, as n8n's database would hold it: `accessToken` changes in place. */
export type StoredCredential = ICredentialDataDecryptedObject;

/** n8n puts links to itself together; nobody follows them here. */
const BASE_URL = 'http://n8n.invalid';

/** A credential test or a save never happens here. */
const never = () => {
	throw new Error('not part of running a node');
};

/**
 * What n8n does around a request with this credential, over a credential that lives in memory: it hands out a copy,
 * calls `preAuthentication` where there is no token or the last one was refused, and stores what comes back.
 */
class CredentialsInMemory extends ICredentialsHelper {
	private readonly type = new TalkdeskOAuth2Api();

	constructor(private readonly stored: StoredCredential) {
		super();
	}

	getParentTypes() {
		return [];
	}

	isCredentialUsableByNode() {
		return true;
	}

	getCredentialsProperties() {
		return this.type.properties;
	}

	async getDecrypted() {
		return { ...this.stored };
	}

	async preAuthentication(
		helpers: IHttpRequestHelper,
		credential: ICredentialDataDecryptedObject,
		_typeName: string,
		_node: INode,
		expired: boolean,
	) {
		if (credential.accessToken && !expired) return undefined;
		const output = await this.type.preAuthentication.call(helpers, credential);
		Object.assign(this.stored, output);
		return { ...credential, ...output };
	}

	async authenticate(
		credential: ICredentialDataDecryptedObject,
		_typeName: string,
		request: IHttpRequestOptions,
	) {
		const headers = {
			...request.headers,
			Authorization: `Bearer ${String(credential.accessToken)}`,
		};
		return { ...request, headers };
	}

	runPreAuthentication = never;

	getCredentials = never;

	updateCredentials = never;

	updateCredentialsOauthTokenData = never;
}

interface File {
	name: string;
	type: string;
	content: Buffer;
}

const binaryData = Container.get(BinaryDataService);
const binaryDataReady = binaryData.init();

/** Puts a file where n8n keeps the files of executions. */
async function store({ name, type, content }: File): Promise<IBinaryData> {
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

/** Remembers in memory what n8n keeps in its database, for each node. */
class RememberedInMemory implements IDataDeduplicator {
	private readonly seen = new Set<string>();

	async checkProcessedAndRecord(
		items: DeduplicationItemTypes[],
		_scope: DeduplicationScope,
		{ node }: ICheckProcessedContextData,
	): Promise<IDeduplicationOutput> {
		const key = (item: DeduplicationItemTypes) => `${node?.id}: ${String(item)}`;
		const isKnown = items.map((item) => this.seen.has(key(item)));
		for (const item of items) this.seen.add(key(item));
		return {
			new: items.filter((_item, index) => !isKnown[index]),
			processed: items.filter((_item, index) => isKnown[index]),
		};
	}

	removeProcessed = never;

	clearAllProcessedItems = never;

	getProcessedDataCount = never;
}

void DataDeduplicationService.init(new RememberedInMemory());

/** A memory node that holds the messages of the test. */
class MemoryNode implements INodeType {
	constructor(private readonly messages: unknown[]) {}

	description: INodeTypeDescription = {
		displayName: 'Memory',
		name: 'memory',
		group: ['transform'],
		version: 1,
		description: 'The memory of the test',
		defaults: {},
		inputs: [],
		outputs: [NodeConnectionTypes.AiMemory],
		properties: [],
	};

	// n8n calls it with a `this` of its own.
	supplyData = async (): Promise<SupplyData> => ({
		response: { chatHistory: { getMessages: async () => this.messages } },
	});
}

export interface RunOptions {
	credential: StoredCredential;
	parameters: INodeParameters;
	items?: IDataObject[];
	node?: Partial<INode>;
	executionId?: string;
	/** How often the node has run before in this execution, as in a loop. */
	earlierRuns?: number;
	/** Files by field, in every item, kept by n8n on disk. */
	files?: Record<string, File>;
	/** The messages in the memory node that is connected, where one is. */
	memory?: unknown[];
}

/**
 * Runs one node in n8n's own engine.
 *
 * @returns the items of each output, and the error that ended the execution where one did
 */
export async function runNode(
	type: 'talkdesk' | 'talkdeskTrigger',
	{
		credential,
		parameters,
		items = [{}],
		node: overrides,
		executionId = 'execution-1',
		earlierRuns = 0,
		files = {},
		memory,
	}: RunOptions,
) {
	await binaryDataReady;
	const binary: IBinaryKeyData = {};
	for (const [field, file] of Object.entries(files)) binary[field] = await store(file);
	const hasFiles = Object.keys(binary).length > 0;
	const types: Record<string, INodeType> = {
		talkdesk: new Talkdesk(),
		talkdeskTrigger: new TalkdeskTrigger(),
		memory: new MemoryNode(memory ?? []),
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
	const workflow = new Workflow({
		id: 'workflow-1',
		name: 'Test',
		active: false,
		nodeTypes,
		nodes: memory ? [node, memoryNode] : [node],
		connections: memory
			? {
					Memory: {
						ai_memory: [[{ node: 'Talkdesk', type: NodeConnectionTypes.AiMemory, index: 0 }]],
					},
				}
			: {},
		settings: { executionOrder: 'v1' },
	});
	const earlierRun: ITaskData = {
		startTime: 0,
		executionTime: 0,
		executionIndex: 0,
		executionStatus: 'success',
		source: [],
	};
	const runExecutionData = createRunExecutionData({
		resultData: {
			runData: earlierRuns > 0 ? { Talkdesk: Array<ITaskData>(earlierRuns).fill(earlierRun) } : {},
		},
		executionData: {
			nodeExecutionStack: [
				{
					node,
					data: { main: [items.map((json) => ({ json, ...(hasFiles && { binary }) }))] },
					source: null,
				},
			],
		},
	});

	const additionalData: IWorkflowExecuteAdditionalData = {
		credentialsHelper: new CredentialsInMemory(credential),
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
		webhookWaitingBaseUrl: BASE_URL,
		webhookTestBaseUrl: BASE_URL,
		mcpBaseUrl: BASE_URL,
		mcpTestBaseUrl: BASE_URL,
		logAiEvent: () => {},
		executeWorkflow: never,
		getRunExecutionData: never,
		getRuntimeCredential: never,
		startRunnerTask: never,
	};
	additionalData.hooks = new ExecutionLifecycleHooks('trigger', executionId, {
		id: 'workflow-1',
		name: 'Test',
		active: false,
		activeVersionId: null,
		isArchived: false,
		createdAt: new Date(0),
		updatedAt: new Date(0),
		nodes: [],
		connections: {},
	});

	const run = await new WorkflowExecute(
		additionalData,
		'trigger',
		runExecutionData,
	).processRunExecutionData(workflow);
	const task = run.data.resultData.runData.Talkdesk?.at(-1);
	return {
		outputs: task?.data?.main ?? [],
		items: task?.data?.main?.[0] ?? [],
		error: run.data.resultData.error,
		/** Everything the execution leaves behind, for searches. */
		everything: JSON.stringify(run),
	};
}
