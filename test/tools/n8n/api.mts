import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

import {
	type Credential,
	credentialSchema,
	type CredentialTestResult,
	type DataTable,
	dataTableSchema,
	type Execution,
	executionSchema,
	type ExecutionStatus,
	type ExecutionSummary,
	executionSummarySchema,
	type MigrationFinding,
	migrationFindingSchema,
	testResultSchema,
} from './schemas.mts';
import { WorkflowApi } from './workflow-api.mts';

export interface Owner {
	email: string;
	password: string;
}

const POLL_MS = 100;
const RUN_TIMEOUT_MS = 60_000;
const FINISHED: ExecutionStatus[] = ['success', 'error', 'canceled', 'crashed'];
const MANUAL_TRIGGER = 'n8n-nodes-base.manualTrigger';

interface ExecutionFilter {
	workflowId?: string;
	status?: ExecutionStatus;
}

/**
 * A client of n8n's REST API, as its editor uses it. Every method throws an N8nRequestError, with method, path,
 * status and n8n's message, if n8n rejects the request.
 */
export class N8nApi extends WorkflowApi {
	/**
	 * @param baseUrl of n8n, without a slash at the end
	 * @param webhookUrl the base URL of production webhooks, without a slash at the end
	 */
	constructor(
		baseUrl: string,
		private readonly owner: Owner,
		webhookUrl = `${baseUrl}/webhook`,
	) {
		super(baseUrl, webhookUrl);
	}

	/** Whether n8n is ready. */
	async isReady(): Promise<boolean> {
		try {
			await this.rest.request('GET', '/healthz/readiness', z.object({ status: z.literal('ok') }));
			return true;
		} catch {
			return false;
		}
	}

	/** Whether n8n answers the first request of its editor. */
	async answersEditor(): Promise<boolean> {
		try {
			await this.rest.call('GET', '/settings', z.unknown());
			return true;
		} catch {
			return false;
		}
	}

	/** Creates the owner's account, or logs in if there is one already. */
	async setUpOwner(): Promise<void> {
		this.forgetNodeTypes();
		const settings = await this.rest.call(
			'GET',
			'/settings',
			z.object({ userManagement: z.object({ showSetupOnFirstLoad: z.boolean().optional() }) }),
		);
		if (!settings.userManagement.showSetupOnFirstLoad) return await this.login();
		const body = { ...this.owner, firstName: 'Test', lastName: 'Owner' };
		await this.rest.call('POST', '/owner/setup', z.unknown(), { body });
	}

	async login(): Promise<void> {
		const body = { emailOrLdapLoginId: this.owner.email, password: this.owner.password };
		await this.rest.call('POST', '/login', z.unknown(), { body });
	}

	async createCredential(
		name: string,
		type: string,
		data: Record<string, unknown>,
	): Promise<Credential> {
		return await this.rest.call('POST', '/credentials', credentialSchema, {
			body: { name, type, data },
		});
	}

	/** A credential with its data, in which n8n replaces secrets by a placeholder. */
	async credential(id: string): Promise<Credential> {
		return await this.rest.call('GET', `/credentials/${id}`, credentialSchema, {
			params: { includeData: 'true' },
		});
	}

	/** Changes a credential: what is given in `data` is merged into what is stored. */
	async updateCredential(
		id: string,
		change: { name?: string; data?: Record<string, unknown> },
	): Promise<Credential> {
		const { name, type, data } = await this.credential(id);
		return await this.rest.call('PATCH', `/credentials/${id}`, credentialSchema, {
			body: { name: change.name ?? name, type, data: { ...data, ...change.data } },
		});
	}

	async deleteCredential(id: string): Promise<void> {
		await this.rest.call('DELETE', `/credentials/${id}`, z.unknown());
	}

	/** Tests a credential as the editor does after saving it: a stored one, or one that isn't stored. */
	async testCredential(
		what: string | { type: string; data: Record<string, unknown> },
	): Promise<CredentialTestResult> {
		const credentials =
			typeof what === 'string'
				? await this.credential(what)
				: { id: '', name: 'Not stored', ...what };
		const { id, name, type, data } = credentials;
		return await this.rest.call('POST', '/credentials/test', testResultSchema, {
			body: { credentials: { id, name, type, data } },
		});
	}

	/**
	 * Runs a workflow by hand, from a trigger that needs no outside event.
	 *
	 * @param options.trigger the trigger node's name; by default the Manual Trigger's
	 * @param options.destination the last node to run; by default all
	 * @returns the execution once it has ended, or waits (as in a Wait node)
	 */
	async run(
		id: string,
		options: { trigger?: string; destination?: string; timeoutMs?: number } = {},
	): Promise<Execution> {
		const { nodes } = await this.workflow(id);
		const trigger = options.trigger ?? nodes.find((node) => node.type === MANUAL_TRIGGER)?.name;
		if (trigger === undefined) throw new Error(`Workflow ${id} has no Manual Trigger.`);
		const destination = options.destination && {
			destinationNode: { nodeName: options.destination, mode: 'inclusive' },
		};
		const { executionId } = await this.rest.call(
			'POST',
			`/workflows/${id}/run`,
			z.object({ executionId: z.string() }),
			{ body: { triggerToStartFrom: { name: trigger }, ...destination } },
		);
		return await this.waitForExecution(
			(summary) => summary.id === executionId && [...FINISHED, 'waiting'].includes(summary.status),
			options.timeoutMs ?? RUN_TIMEOUT_MS,
			{ workflowId: id },
		);
	}

	/** The executions, newest first, at most 100. */
	async executions(filter: ExecutionFilter = {}): Promise<ExecutionSummary[]> {
		const { results } = await this.executionPage(filter);
		// n8n reads running and finished ones separately: one that just ends can be in both lists.
		return [...new Map(results.map((summary) => [summary.id, summary])).values()];
	}

	/** All executions, newest first. n8n before 2.41 gives the first hundred. */
	async allExecutions(filter: ExecutionFilter): Promise<ExecutionSummary[]> {
		const summaries: ExecutionSummary[] = [];
		let cursor: string | undefined;
		do {
			const { results, nextCursor } = await this.executionPage(filter, cursor);
			summaries.push(...results);
			cursor = nextCursor ?? undefined;
		} while (cursor !== undefined);
		return summaries;
	}

	private async executionPage({ workflowId, status }: ExecutionFilter, cursor?: string) {
		const query = { ...(workflowId && { workflowId }), ...(status && { status: [status] }) };
		return await this.rest.call(
			'GET',
			'/executions',
			z.object({ results: z.array(executionSummarySchema), nextCursor: z.string().nullish() }),
			{ params: { filter: JSON.stringify(query), limit: 100, ...(cursor && { cursor }) } },
		);
	}

	/** The number of executions of a workflow with this status. */
	async countExecutions(workflowId: string, status: ExecutionStatus): Promise<number> {
		const page = await this.rest.call('GET', '/executions', z.object({ count: z.number() }), {
			params: { filter: JSON.stringify({ workflowId, status: [status] }), limit: 1 },
		});
		return page.count;
	}

	/** An execution with its data, read with `itemsOf` and `errorOf`. */
	async execution(id: string): Promise<Execution> {
		return await this.rest.call('GET', `/executions/${id}`, executionSchema);
	}

	/** Stops an execution that runs or waits, as *Stop* in the list of executions. */
	async stopExecution(id: string): Promise<void> {
		await this.rest.call('POST', `/executions/${id}/stop`, z.unknown(), { body: {} });
	}

	/** Runs a failed execution again, as the button Retry does. */
	async retryExecution(id: string): Promise<void> {
		await this.rest.call('POST', `/executions/${id}/retry`, z.unknown(), {
			body: { loadWorkflow: false },
		});
	}

	/**
	 * Waits for a matching execution. A running one can match, too: check its status.
	 *
	 * @throws after `timeoutMs`, with the current executions
	 */
	async waitForExecution(
		predicate: (execution: ExecutionSummary) => boolean,
		timeoutMs = 15_000,
		filter: { workflowId?: string } = {},
	): Promise<Execution> {
		const end = Date.now() + timeoutMs;
		for (;;) {
			const executions = await this.executions(filter);
			const found = executions.find(predicate);
			if (found) return await this.execution(found.id);
			if (Date.now() > end) {
				const list = executions.map(
					({ id, workflowId, status }) => `${id} ${status} (${workflowId})`,
				);
				throw new Error(
					`No execution fitted within ${timeoutMs} ms. There are: ${list.join(', ') || 'none'}`,
				);
			}
			await sleep(POLL_MS);
		}
	}

	/** What n8n's own migration report says about the workflows of this n8n, looked at anew. */
	async migrationReport(version: string): Promise<MigrationFinding[]> {
		const { report } = await this.rest.call(
			'POST',
			'/breaking-changes/report/refresh',
			z.object({ report: z.object({ workflowResults: z.array(migrationFindingSchema) }) }),
			{ params: { version }, body: {} },
		);
		return report.workflowResults;
	}

	/** All Data Tables, without their rows. */
	async dataTables(): Promise<DataTable[]> {
		const schema = z.object({ data: z.array(dataTableSchema) });
		return (await this.rest.call('GET', '/data-tables-global', schema)).data;
	}

	/** The rows of a Data Table, by its name. */
	async dataTableRows(name: string): Promise<Array<Record<string, unknown>>> {
		const schema = z.object({ data: z.array(z.record(z.unknown())) });
		const path = `${await this.dataTablePath(name)}/rows`;
		return (await this.rest.call('GET', path, schema, { params: { take: 100 } })).data;
	}

	/** Adds rows to a Data Table, by its name. */
	async addDataTableRows(name: string, rows: Array<Record<string, string | null>>): Promise<void> {
		const path = `${await this.dataTablePath(name)}/insert`;
		await this.rest.call('POST', path, z.unknown(), { body: { data: rows, returnType: 'count' } });
	}

	/** Deletes the rows of a Data Table that have these values, by its name. */
	async deleteDataTableRows(name: string, values: Record<string, string>): Promise<void> {
		const filters = Object.entries(values).map(([columnName, value]) => ({
			columnName,
			condition: 'eq',
			value,
		}));
		const params = { filter: JSON.stringify({ type: 'and', filters }) };
		const path = `${await this.dataTablePath(name)}/rows`;
		await this.rest.call('DELETE', path, z.unknown(), { params });
	}

	/** Renames a column of a Data Table, by its name. */
	async renameDataTableColumn(name: string, from: string, to: string): Promise<void> {
		const path = `${await this.dataTablePath(name)}/columns`;
		const schema = z.array(z.object({ id: z.string(), name: z.string() }));
		const columns = await this.rest.call('GET', path, schema);
		const column = columns.find((candidate) => candidate.name === from);
		if (!column) throw new Error(`The Data Table "${name}" has no column "${from}".`);
		const body = { name: to };
		await this.rest.call('PATCH', `${path}/${column.id}/rename`, z.unknown(), { body });
	}

	private async dataTablePath(name: string): Promise<string> {
		const table = (await this.dataTables()).find((candidate) => candidate.name === name);
		if (!table) throw new Error(`There is no Data Table "${name}".`);
		const project = table.projectId ?? table.project?.id ?? '';
		return `/projects/${project}/data-tables/${table.id}`;
	}
}
