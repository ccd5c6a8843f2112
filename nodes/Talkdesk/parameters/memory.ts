import { NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';

import type { ItemContext } from './item';

interface Memory {
	chatHistory: { getMessages: () => Promise<unknown[]> };
}

function isMemory(value: unknown): value is Memory {
	return (
		typeof value === 'object' &&
		value !== null &&
		'chatHistory' in value &&
		typeof value.chatHistory === 'object' &&
		value.chatHistory !== null &&
		'getMessages' in value.chatHistory &&
		typeof value.chatHistory.getMessages === 'function'
	);
}

/**
 * The messages of the connected memory node, as the JSON of LangChain's message objects.
 *
 * @returns the messages; or the error message of the memory node or its database
 * @throws NodeOperationError if no memory is connected
 */
export async function loadMemory({
	functions,
	itemIndex,
}: ItemContext): Promise<{ messages: unknown[] } | { failure: string }> {
	const fail = (problem: string): never => {
		throw new NodeOperationError(functions.getNode(), problem, {
			itemIndex,
			description:
				"Connect the memory node of your AI agent to the 'Memory' input, or select another 'Transcript Source'. Tools have no such input: select JSON there.",
		});
	};
	let memory: unknown;
	try {
		memory = await functions.getInputConnectionData(NodeConnectionTypes.AiMemory, itemIndex);
	} catch (error) {
		// The error names the memory node, or this node if nothing is connected.
		if (isFromOtherNode(error, functions.getNode().name)) return { failure: describeError(error) };
		return fail(describeError(error));
	}
	if (!isMemory(memory)) return fail("The node connected to the 'Memory' input is not a memory");
	try {
		return { messages: (await memory.chatHistory.getMessages()).map(toPlain) };
	} catch (error) {
		return { failure: describeError(error) };
	}
}

function isFromOtherNode(error: unknown, name: string): boolean {
	return error instanceof NodeOperationError && error.node.name !== name;
}

function describeError(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const description = 'description' in error ? error.description : undefined;
	return typeof description === 'string' && description !== ''
		? `${error.message} (${description})`
		: error.message;
}

/** The JSON of a message; the message itself if it has none, so that only this one isn't recognized. */
function toPlain(message: unknown): unknown {
	try {
		const plain: unknown = JSON.parse(JSON.stringify(message));
		return plain;
	} catch {
		return message;
	}
}
