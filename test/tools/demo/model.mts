import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { z } from 'zod';

const requestSchema = z.object({
	stream: z.boolean().optional(),
	messages: z.array(
		z.object({ role: z.string(), content: z.unknown(), tool_calls: z.unknown() }).passthrough(),
	),
	tools: z.array(z.object({ function: z.object({ name: z.string() }).passthrough() })).default([]),
});

/** The model's next turn: a text, or a call of its only tool. */
type Turn = { say: string } | { callTool: Record<string, string> };

/**
 * @param said the last message of the customer
 * @param toolResults the results of the tool since then
 * @param before the earlier messages: the memory
 */
export type Script = (
	said: string,
	toolResults: string[],
	before: string[],
) => Turn | Promise<Turn>;

/** A model's HTTP API, compatible with OpenAI's chat completions. */
export interface ScriptedModel {
	/** For the credential of n8n's OpenAI nodes. */
	readonly url: string;
	/** The results of the tool so far, oldest first. */
	readonly toolResults: readonly string[];
	close(): Promise<void>;
}

const textOf = (message?: { content?: unknown }) =>
	typeof message?.content === 'string' ? message.content : JSON.stringify(message?.content);

/** Starts a fake model that follows a script, on a free port of 127.0.0.1. */
export async function startScriptedModel(script: Script): Promise<ScriptedModel> {
	const app = Fastify({ forceCloseConnections: true });
	const toolResults: string[] = [];

	app.post('/v1/chat/completions', async (request, reply) => {
		const { stream, messages, tools } = requestSchema.parse(request.body);
		if (stream) return await reply.status(400).send({ error: { message: 'it cannot stream' } });
		const lastUser = messages.findLastIndex(({ role }) => role === 'user');
		const results = messages
			.slice(lastUser + 1)
			.filter(({ role }) => role === 'tool')
			.map(textOf);
		if (results.length > 0) toolResults.push(results.at(-1) ?? '');
		const before = messages.slice(0, lastUser).filter(({ role }) => role !== 'system');
		const turn = await script(textOf(messages[lastUser]), results, before.map(textOf));
		const message =
			'say' in turn
				? { role: 'assistant', content: turn.say }
				: {
						role: 'assistant',
						content: null,
						tool_calls: [
							{
								id: `call_${randomUUID()}`,
								type: 'function',
								function: {
									name: tools[0]?.function.name,
									arguments: JSON.stringify(turn.callTool),
								},
							},
						],
					};
		return {
			id: `chatcmpl-${randomUUID()}`,
			object: 'chat.completion',
			created: Math.floor(Date.now() / 1000),
			model: 'scripted',
			choices: [
				{ index: 0, message, finish_reason: 'say' in turn ? 'stop' : 'tool_calls', logprobs: null },
			],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
	});
	const address = await app.listen({ host: '127.0.0.1', port: 0 });
	return { url: `${address}/v1`, toolResults, close: async () => await app.close() };
}
