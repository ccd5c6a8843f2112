import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { resumeUrlOf } from './callResumeUrl';
import { waitsOf } from '../sessions/waits';
import { endReplaced } from './endStale';
import { RESUME_PATH, type WaitEvent } from './wait';

const MEMORY = 'talkdeskWait';
/** What an execution remembers of the conversation that it waits for. n8n keeps it with the execution's data. */
const memorySchema = z.object({
	/** A retried execution has the memory of the first one, but another URL. */
	executionId: z.string(),
	conversationId: z.string(),
	sessionId: z.string().optional(),
	eventIds: z.array(z.string()).catch([]),
});
/** Events that an execution remembers: more than can be under way at the same moment. */
const MAX_EVENT_IDS = 20;

const proxySchema = z.object({ $runIndex: z.number(), $: z.function().args(z.string()) });
const lastSchema = z.object({
	last: z
		.function()
		.args(z.number(), z.number())
		.returns(z.object({ json: z.object({ eventId: z.string().optional() }) }).optional()),
});

/** What is known of the conversation that an execution is about to wait for. */
export interface Registration {
	sessionId?: string;
	/** Whether the conversation had ended before this execution came to wait for it. */
	isEnded: boolean;
	eventIds: string[];
	/** The agent's text that the previous execution had not yet shown in n8n's chat. */
	unshownText?: string;
}

/** Notes, once for each conversation, that this execution waits for it, and which events it was given. */
export async function register(
	functions: IExecuteFunctions,
	conversationId: string,
	event: WaitEvent | undefined,
): Promise<Registration> {
	const memory = functions.getContext('flow');
	const executionId = functions.getExecutionId();
	const known = memorySchema.safeParse(memory[MEMORY]).data;
	const given = [event?.eventId, lastEventId(functions)].filter((id) => id !== undefined);
	const eventIds = [...new Set([...(known?.eventIds ?? []), ...given])].slice(-MAX_EVENT_IDS);
	if (known?.conversationId === conversationId && known.executionId === executionId) {
		memory[MEMORY] = { ...known, eventIds };
		return { ...known, eventIds, isEnded: false };
	}
	const { replaced, isEnded, sessionId } = await waitsOf(functions).register(
		conversationId,
		resumeUrlOf(functions, RESUME_PATH),
	);
	const unshownText = replaced && (await endReplaced(functions, replaced));
	if (!isEnded) {
		memory[MEMORY] = { executionId, conversationId, eventIds, ...(sessionId && { sessionId }) };
	}
	return {
		eventIds,
		isEnded,
		...(sessionId && { sessionId }),
		...(unshownText && { unshownText }),
	};
}

/** The conversation for which an execution has waited last, and its session. */
export const lastConversationOf = (functions: Pick<IExecuteFunctions, 'getContext'>) =>
	memorySchema.safeParse(functions.getContext('flow')[MEMORY]).data;

/** The ID of the event that woke this node last. In a loop, its input may be another item. */
function lastEventId(functions: IExecuteFunctions): string | undefined {
	const { $, $runIndex } = proxySchema.parse(functions.getWorkflowDataProxy(0));
	if ($runIndex === 0) return undefined;
	try {
		return lastSchema.parse($(functions.getNode().name)).last(0, $runIndex - 1)?.json.eventId;
	} catch {
		return undefined;
	}
}
