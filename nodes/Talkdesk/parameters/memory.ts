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
 * The messages of the connected memory node: LangChain's objects, which write themselves as JSON that is recognized; or why the
 * node, or its database, didn't give them.
 *
 * @throws NodeOperationError if no memory is connected
 */
export async function readMemory({
	functions,
	itemIndex,
}: ItemContext): Promise<{ messages: unknown[] } | { failure: string }> {
	const fail = (problem: string): never => {
		throw new NodeOperationError(functions.getNode(), problem, {
			itemIndex,
			description:
				'Connect the memory node of your AI agent to the input Memory, or choose another Transcript Source. Where this node is a tool of an agent it has no such input: use the source JSON.',
		});
	};
	let memory: unknown;
	try {
		memory = await functions.getInputConnectionData(NodeConnectionTypes.AiMemory, itemIndex);
	} catch (error) {
		// n8n names the node that failed: the memory itself, or this one if nothing is connected to it.
		if (isOfAnotherNode(error, functions.getNode().name)) return { failure: reasonOf(error) };
		return fail(reasonOf(error));
	}
	if (!isMemory(memory)) return fail('What is connected to the input Memory is no memory');
	try {
		return { messages: (await memory.chatHistory.getMessages()).map(toPlain) };
	} catch (error) {
		return { failure: reasonOf(error) };
	}
}

function isOfAnotherNode(error: unknown, name: string): boolean {
	return error instanceof NodeOperationError && error.node.name !== name;
}

function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const description = 'description' in error ? error.description : undefined;
	return typeof description === 'string' && description !== ''
		? `${error.message} (${description})`
		: error.message;
}

/** A message that can't be written as JSON costs itself. */
function toPlain(message: unknown): unknown {
	try {
		const plain: unknown = JSON.parse(JSON.stringify(message));
		return plain;
	} catch {
		return message;
	}
}
