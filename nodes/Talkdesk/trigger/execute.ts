import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { EVENTS } from './events';

/** Puts every event on its output: one output per chosen event, in the order of `EVENTS`. */
export function route(this: IExecuteFunctions): INodeExecutionData[][] {
	const parameter: unknown = this.getNodeParameter('events', 0);
	const chosen = EVENTS.filter((event) => Array.isArray(parameter) && parameter.includes(event));
	const items = this.getInputData();
	return chosen.map((event) => items.filter(({ json }) => json.event === event));
}
