import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

import { N8nRequestError, RestClient } from './rest.mts';
import {
	type NodeType,
	nodeTypeSchema,
	publicationSchema,
	storedWorkflowSchema,
	webhookEntrySchema,
	type Workflow,
	type WorkflowInput,
} from './schemas.mts';
import { type CredentialChoice, prepareImport, webhookCandidates } from './workflows.mts';

export interface Webhook {
	node: string;
	method: string;
	url: string;
}

const POLL_MS = 100;
const PUBLISH_TIMEOUT_MS = 30_000;

/** The part of n8n's REST API that is about workflows. */
export class WorkflowApi {
	protected readonly rest: RestClient;
	private knownTypes: Promise<NodeType[]> | undefined;

	/**
	 * @param baseUrl of n8n, without a slash at the end
	 * @param webhookUrl the base URL of production webhooks, without a slash at the end
	 */
	constructor(
		baseUrl: string,
		private readonly webhookUrl: string,
	) {
		this.rest = new RestClient(baseUrl);
	}

	/** All node types that n8n has loaded; a name once for each version with its own description. */
	async nodeTypes(): Promise<NodeType[]> {
		// Some 15 MB that don't change while n8n runs.
		this.knownTypes ??= this.rest.request('GET', '/types/nodes.json', z.array(nodeTypeSchema));
		try {
			return await this.knownTypes;
		} catch (error) {
			this.forgetNodeTypes();
			throw error;
		}
	}

	/** n8n may have other ones after a restart. */
	protected forgetNodeTypes(): void {
		this.knownTypes = undefined;
	}

	async workflow(id: string): Promise<Workflow> {
		return await this.rest.call('GET', `/workflows/${id}`, storedWorkflowSchema);
	}

	async createWorkflow(workflow: WorkflowInput): Promise<Workflow> {
		return await this.rest.call('POST', '/workflows', storedWorkflowSchema, { body: workflow });
	}

	/**
	 * Creates a workflow from a user's export: see `prepareImport`.
	 * @throws if there is no credential of a type that a node needs
	 */
	async importWorkflow(
		workflow: WorkflowInput,
		options: { credentials: CredentialChoice },
	): Promise<Workflow> {
		const types = await this.nodeTypes();
		return await this.createWorkflow(prepareImport(workflow, options.credentials, types));
	}

	/** Changes a workflow's draft. An active workflow is unchanged until it is activated again. */
	async updateWorkflow(id: string, change: Partial<WorkflowInput>): Promise<Workflow> {
		return await this.rest.call('PATCH', `/workflows/${id}`, storedWorkflowSchema, {
			body: change,
		});
	}

	/**
	 * Publishes a workflow's draft. Resolves when n8n has registered its triggers and webhooks, which it does
	 * in the background.
	 * @throws with the triggers' messages if that fails
	 */
	async activate(id: string): Promise<void> {
		const { versionId } = await this.workflow(id);
		await this.rest.call('POST', `/workflows/${id}/activate`, z.unknown(), { body: { versionId } });
		await this.untilPublication(
			id,
			({ status, liveVersionId }) => status === 'published' && liveVersionId === versionId,
		);
	}

	/** Ends a workflow's triggers and webhooks; resolves when they are gone. */
	async deactivate(id: string): Promise<void> {
		await this.rest.call('POST', `/workflows/${id}/deactivate`, z.unknown(), { body: {} });
		await this.untilPublication(id, ({ status }) => status === 'not_published');
	}

	/** Deletes a workflow with its executions, an active one too. */
	async deleteWorkflow(id: string): Promise<void> {
		if ((await this.workflow(id)).active) await this.deactivate(id);
		await this.rest.call('POST', `/workflows/${id}/archive`, z.unknown(), { body: {} });
		await this.rest.call('DELETE', `/workflows/${id}`, z.unknown());
	}

	/** The production webhooks that n8n has registered for a workflow. */
	async webhooks(workflowId: string): Promise<Webhook[]> {
		const [{ nodes }, types] = await Promise.all([this.workflow(workflowId), this.nodeTypes()]);
		const found = new Map<string, Webhook>();
		for (const { node, method, path } of webhookCandidates(nodes, types)) {
			const key = `${method} ${path}`;
			if (found.has(key)) continue;
			const entry = await this.rest.call('POST', '/webhooks/find', webhookEntrySchema.nullable(), {
				body: { method, path },
			});
			if (entry?.workflowId !== workflowId) continue;
			found.set(key, { node, method, url: `${this.webhookUrl}/${path}` });
		}
		return [...found.values()];
	}

	private async untilPublication(
		id: string,
		isDone: (publication: z.output<typeof publicationSchema>) => boolean,
	): Promise<void> {
		const end = Date.now() + PUBLISH_TIMEOUT_MS;
		for (;;) {
			const path = `/workflows/${id}/publication-status`;
			const publication = await this.rest
				.call('GET', path, publicationSchema)
				.catch((error: unknown) => {
					// Older versions don't publish in the background: after their response they have finished.
					if (error instanceof N8nRequestError && error.status === 404) return undefined;
					throw error;
				});
			if (!publication || isDone(publication)) return;
			const problems = publication.triggers.map((trigger) => trigger.errorMessage).filter(Boolean);
			if (publication.status === 'failed' || publication.status === 'partial') {
				throw new Error(`n8n couldn't activate workflow ${id}: ${problems.join('; ')}`);
			}
			if (Date.now() > end) {
				throw new Error(
					`Workflow ${id} is still ${publication.status} after ${PUBLISH_TIMEOUT_MS} ms.`,
				);
			}
			await sleep(POLL_MS);
		}
	}
}
