/** Fakes for the parts of n8n that need a database: they keep their data in memory. */
import {
	ICredentialsHelper,
	NodeConnectionTypes,
	type DeduplicationItemTypes,
	type DeduplicationScope,
	type ICheckProcessedContextData,
	type ICheckProcessedOptions,
	type ICredentialDataDecryptedObject,
	type IDataDeduplicator,
	type IDeduplicationOutput,
	type IHttpRequestHelper,
	type IHttpRequestOptions,
	type INode,
	type INodeType,
	type INodeTypeDescription,
	type SupplyData,
} from 'n8n-workflow';

import { TalkdeskOAuth2Api } from '../../credentials/TalkdeskOAuth2Api.credentials';

/** The credential, as n8n's database would hold it: `accessToken` changes in place. */
export type StoredCredential = ICredentialDataDecryptedObject;

/** For what running a node never needs, such as a credential test. */
export const notImplemented = () => {
	throw new Error('not part of running a node');
};

/**
 * Authenticates requests with an in-memory credential, as n8n does.
 *
 * It gives out a copy, calls `preAuthentication` if there is no token or it was rejected, and stores the result.
 */
export class InMemoryCredentials extends ICredentialsHelper {
	private readonly type = new TalkdeskOAuth2Api();

	constructor(
		private readonly stored: StoredCredential,
		/** Thrown the first time that the credential is read. */
		private failure?: Error,
	) {
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
		const { failure } = this;
		this.failure = undefined;
		if (failure) throw failure;
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

	runPreAuthentication = notImplemented;

	getCredentials = notImplemented;

	updateCredentials = notImplemented;

	updateCredentialsOauthTokenData = notImplemented;
}

/** Records the processed keys of each node in memory. */
export class InMemoryDeduplicator implements IDataDeduplicator {
	private readonly seen = new Set<string>();

	async checkProcessedAndRecord(
		items: DeduplicationItemTypes[],
		scope: DeduplicationScope,
		{ workflow, node }: ICheckProcessedContextData,
		{ mode }: ICheckProcessedOptions,
	): Promise<IDeduplicationOutput> {
		if (mode !== 'entries') throw new Error(`the mode ${mode} is not implemented`);
		const owner = `${workflow.id} ${scope === 'node' ? node?.id : ''}`;
		const key = (item: DeduplicationItemTypes) => `${owner}: ${String(item)}`;
		const isKnown = items.map((item) => this.seen.has(key(item)));
		for (const item of items) this.seen.add(key(item));
		return {
			new: items.filter((_item, index) => !isKnown[index]),
			processed: items.filter((_item, index) => isKnown[index]),
		};
	}

	removeProcessed = notImplemented;

	clearAllProcessedItems = notImplemented;

	getProcessedDataCount = notImplemented;
}

/** A memory node with the given messages. */
export class FakeMemoryNode implements INodeType {
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

	// n8n calls it with its own `this`.
	supplyData = async (): Promise<SupplyData> => ({
		response: { chatHistory: { getMessages: async () => this.messages } },
	});
}
