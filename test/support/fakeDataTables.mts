import type {
	ExecuteWorkflowData,
	IDataObject,
	IExecuteWorkflowInfo,
	INodeExecutionData,
} from 'n8n-workflow';
import { z } from 'zod';

const idSchema = z.object({ value: z.string() });
const conditionsSchema = z.object({
	conditions: z.array(
		z.object({ keyName: z.string(), condition: z.string(), keyValue: z.string() }),
	),
});
const parametersSchema = z
	.object({
		resource: z.string(),
		operation: z.string(),
		dataTableId: idSchema.optional(),
		filters: conditionsSchema.optional(),
		/** Instead of the input. */
		columns: z.object({ value: z.record(z.string()).nullish() }).optional(),
	})
	.passthrough();

/**
 * n8n's Data Tables in memory, behind the inline sub-workflow that asks for them. It does what n8n's Data Table node does with
 * the operations that this package uses; the end-to-end tests use the real one.
 */
export class FakeDataTables {
	/** The rows of the table; undefined as long as there is none. */
	rows: IDataObject[] | undefined;
	/** The operations so far. */
	readonly operations: string[] = [];
	/** Thrown by the next operations. */
	failures: Error[] = [];
	private nextId = 1;
	private tables = 0;

	/** Takes the table away, as its owner may. */
	drop(): void {
		this.rows = undefined;
	}

	readonly executeWorkflow = async (
		{ code }: IExecuteWorkflowInfo,
		_additionalData: unknown,
		{ inputData = [] }: { inputData?: INodeExecutionData[] },
	): Promise<ExecuteWorkflowData> => {
		const parameters = parametersSchema.parse(code?.nodes[1]?.parameters);
		// As in n8n, other executions go on in the meantime.
		await new Promise((resolve) => setImmediate(resolve));
		this.operations.push(`${parameters.resource}: ${parameters.operation}`);
		const failure = this.failures.shift();
		if (failure) throw failure;
		const input = inputData[0]?.json ?? {};
		const rows = this.run(parameters, input).map((json) => ({ json: { ...json } }));
		return { executionId: 'sub', data: [rows.length > 0 ? rows : [{ json: {} }]] };
	};

	private run(
		{ resource, operation, dataTableId, filters, columns }: z.output<typeof parametersSchema>,
		input: IDataObject,
	): IDataObject[] {
		const table = () => ({ id: `table-${this.tables}`, name: 'talkdesk_conversations' });
		if (resource === 'table' && operation === 'list') return this.rows ? [table()] : [];
		if (resource === 'table') {
			if (!this.rows) this.tables++;
			this.rows ??= [];
			return [table()];
		}
		if (!this.rows || dataTableId?.value !== table().id) {
			throw new Error(
				`Data table with ID '${dataTableId?.value}' could not be found in this project`,
			);
		}
		const matching = this.rows.filter((row) =>
			(filters?.conditions ?? []).every(({ keyName, condition, keyValue }) => {
				const [, field] = /^=\{\{ \$json\.(\w+) \}\}$/.exec(keyValue) ?? [];
				const [left, right] = [row[keyName], field === undefined ? keyValue : input[field]];
				if (condition === 'eq') return left === right;
				// As in SQL, nothing is neither greater nor less than anything.
				if (left === null || left === undefined) return false;
				return condition === 'gt' ? String(left) > String(right) : String(left) < String(right);
			}),
		);
		switch (operation) {
			case 'get':
				return [...matching].reverse().slice(0, 5);
			case 'deleteRows':
				this.rows = this.rows.filter((row) => !matching.includes(row));
				return matching;
			case 'upsert':
				if (matching.length === 0) this.rows.push({ id: this.nextId++, ...input });
			// Falls through: a row that is there is changed.
			case 'update':
				for (const row of matching) Object.assign(row, columns?.value ?? input);
				return matching;
			default:
				throw new Error(`no operation ${operation}`);
		}
	}
}
