import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * What an execution that handles an event again has in common with its first try, and with nothing else: n8n's Retry On Fail
 * runs the node once more in the same execution.
 *
 * @param call what was noted of the call, such as its place among others
 */
export const executionIdentity = (
	functions: IExecuteFunctions,
	eventId: unknown,
	call: unknown,
): string => JSON.stringify([functions.getExecutionId(), functions.getNode().id, eventId, call]);
