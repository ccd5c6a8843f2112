import type {
	IDataObject,
	IExecuteFunctions,
	IExecuteWorkflowInfo,
	INodeExecutionData,
} from 'n8n-workflow';

import { FakeDataTables } from '../../support/fakeDataTables.mts';
import { NODE } from '../../support/node.mts';

let workflows = 0;

/** The Data Tables of a project, and what an execution of one of its workflows has. What a process remembers belongs to it. */
export function project() {
	const tables = new FakeDataTables();
	const calls: Array<{ parameters: string; input: IDataObject | undefined }> = [];
	const warnings: string[] = [];
	const workflow = (): IExecuteFunctions => {
		const id = `workflow ${++workflows}`;
		return Object.create({
			getNode: () => NODE,
			getWorkflow: () => ({ id }),
			getMode: () => 'webhook',
			logger: { warn: (message: string) => warnings.push(message) },
			executeWorkflow: async (info: IExecuteWorkflowInfo, inputData: INodeExecutionData[]) => {
				calls.push({ parameters: JSON.stringify(info), input: inputData[0]?.json });
				return await tables.executeWorkflow(info, undefined, { inputData });
			},
		});
	};
	return { tables, calls, warnings, workflow, functions: workflow() };
}

/** The table with these rows, as if it had been made before. */
export function withRows(tables: FakeDataTables, ...rows: IDataObject[]): void {
	tables.rows = rows;
	Object.assign(tables, { tables: 1 });
}

/** The ID of the first table. */
export const TABLE_ID = 'table-1';

/** Values that an expression, a query or a number could be made of. */
export const ODD_TEXTS = ['={{ 7*7 }}', '{{ $json }}', 'O\'Neil "x"', '-1', '049', 'Ünï 李', ' x '];

/** Stops the clock for each test: it stands still until it is set. @param at milliseconds since 1970 */
export function stopClock(at: number): void {
	// The fake Data Tables need a turn of the event loop.
	beforeEach(() => jest.useFakeTimers({ now: at, doNotFake: ['setImmediate', 'nextTick'] }));
	afterEach(() => jest.useRealTimers());
}
