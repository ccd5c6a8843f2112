import { parse as parseFlatted } from 'flatted';
import { z } from 'zod';

/** The used parts of n8n's responses. Everything else passes through unchecked. */

const credentialRefSchema = z.object({
	id: z.string().nullable().optional(),
	name: z.string(),
});

const nodeSchema = z
	.object({
		name: z.string(),
		type: z.string(),
		id: z.string().optional(),
		webhookId: z.string().optional(),
		disabled: z.boolean().optional(),
		parameters: z.record(z.unknown()).default({}),
		credentials: z.record(credentialRefSchema).optional(),
	})
	.passthrough();

export const workflowSchema = z
	.object({
		name: z.string(),
		nodes: z.array(nodeSchema),
		connections: z.record(z.unknown()),
		settings: z.record(z.unknown()).nullable().optional(),
	})
	.passthrough();

export const storedWorkflowSchema = workflowSchema.extend({
	id: z.string(),
	versionId: z.string(),
	active: z.boolean(),
});

export const credentialSchema = z
	.object({
		id: z.string(),
		name: z.string(),
		type: z.string(),
		/** Some responses have the encrypted data instead. */
		data: z.record(z.unknown()).optional().catch(undefined),
	})
	.passthrough();

export const testResultSchema = z.object({
	status: z.enum(['OK', 'Error']),
	message: z.string().default(''),
});

export const nodeTypeSchema = z
	.object({
		name: z.string(),
		displayName: z.string(),
		credentials: z
			.array(z.object({ name: z.string(), displayOptions: z.unknown() }).passthrough())
			.optional(),
		webhooks: z
			.array(
				z
					.object({
						name: z.string(),
						path: z.string(),
						httpMethod: z.string().default('GET'),
						isFullPath: z.union([z.boolean(), z.string()]).optional(),
					})
					.passthrough(),
			)
			.optional(),
	})
	.passthrough();

export const publicationSchema = z.object({
	status: z.enum(['in_progress', 'published', 'not_published', 'partial', 'failed']),
	liveVersionId: z.string().nullable(),
	triggers: z.array(
		z.object({ nodeId: z.string(), status: z.string(), errorMessage: z.string().nullable() }),
	),
});

const executionStatusSchema = z.enum([
	'canceled',
	'crashed',
	'error',
	'new',
	'running',
	'success',
	'unknown',
	'waiting',
]);

export const executionSummarySchema = z
	.object({
		id: z.string(),
		workflowId: z.string(),
		status: executionStatusSchema,
		mode: z.string(),
		startedAt: z.string().nullable(),
		stoppedAt: z.string().nullable().optional(),
	})
	.passthrough();

const executionErrorSchema = z
	.object({
		message: z.string(),
		name: z.string().optional(),
		description: z.string().nullable().optional(),
	})
	.passthrough();

const itemSchema = z
	.object({
		json: z.record(z.unknown()),
		binary: z.record(z.record(z.unknown())).optional(),
		error: z.unknown(),
	})
	.passthrough();

const taskSchema = z
	.object({
		executionStatus: executionStatusSchema.optional(),
		error: executionErrorSchema.optional(),
		/** By kind of connection, usually `main`, then by output. */
		data: z.record(z.array(z.array(itemSchema).nullable())).optional(),
	})
	.passthrough();

const runDataSchema = z
	.object({
		resultData: z
			.object({
				runData: z.record(z.array(taskSchema)).default({}),
				error: executionErrorSchema.optional(),
				lastNodeExecuted: z.string().optional(),
			})
			.passthrough(),
		/** The remaining nodes with their input, from which a retry starts. */
		executionData: z
			.object({ nodeExecutionStack: z.array(z.unknown()) })
			.passthrough()
			.optional(),
	})
	.passthrough();

/** n8n sends run data as text in the format of `flatted`, where objects refer to each other by number. */
export const executionSchema = executionSummarySchema.extend({
	data: z
		.string()
		.transform((text): unknown => parseFlatted(text))
		.pipe(runDataSchema),
});

export const dataTableSchema = z
	.object({
		id: z.string(),
		name: z.string(),
		projectId: z.string().optional(),
		project: z.object({ id: z.string() }).passthrough().optional(),
		columns: z.array(z.object({ name: z.string(), type: z.string() }).passthrough()).default([]),
	})
	.passthrough();

export const webhookEntrySchema = z
	.object({ workflowId: z.string(), webhookPath: z.string(), method: z.string(), node: z.string() })
	.passthrough();

export type WorkflowNode = z.output<typeof nodeSchema>;
export type WorkflowInput = z.input<typeof workflowSchema>;
export type Workflow = z.output<typeof storedWorkflowSchema>;
export type Credential = z.output<typeof credentialSchema>;
export type CredentialTestResult = z.output<typeof testResultSchema>;
export type NodeType = z.output<typeof nodeTypeSchema>;
export type ExecutionStatus = z.output<typeof executionStatusSchema>;
export type ExecutionSummary = z.output<typeof executionSummarySchema>;
export type Execution = z.output<typeof executionSchema>;
export type Item = z.output<typeof itemSchema>;
export type DataTable = z.output<typeof dataTableSchema>;

/** A rule of n8n's migration report that workflows break. */
export const migrationFindingSchema = z.object({
	ruleId: z.string(),
	ruleTitle: z.string(),
	nbAffectedWorkflows: z.number(),
});
export type MigrationFinding = z.output<typeof migrationFindingSchema>;
