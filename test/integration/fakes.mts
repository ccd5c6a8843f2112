/** What stands in for the parts of n8n that need a database: what it keeps there is kept in memory here. */
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

/** A credential test or a save never happens here. */
export const never = () => {
	throw new Error('not part of running a node');
};

/**
 * What n8n does around a request with this credential, over a credential that lives in memory: it hands out a copy,
 * calls `preAuthentication` where there is no token or the last one was refused, and stores what comes back.
 */
export class CredentialsInMemory extends ICredentialsHelper {
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

	runPreAuthentication = never;

	getCredentials = never;

	updateCredentials = never;

	updateCredentialsOauthTokenData = never;
}

/** Remembers in memory what n8n keeps in its database, for each node. */
export class RememberedInMemory implements IDataDeduplicator {
	private readonly seen = new Set<string>();

	async checkProcessedAndRecord(
		items: DeduplicationItemTypes[],
		scope: DeduplicationScope,
		{ node }: ICheckProcessedContextData,
		{ mode }: ICheckProcessedOptions,
	): Promise<IDeduplicationOutput> {
		if (mode !== 'entries') throw new Error(`items are not kept by ${mode} here`);
		const place = scope === 'node' ? node?.id : 'the whole workflow';
		const key = (item: DeduplicationItemTypes) => `${place}: ${String(item)}`;
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

/** A memory node that holds the messages of the test. */
export class MemoryNode implements INodeType {
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
