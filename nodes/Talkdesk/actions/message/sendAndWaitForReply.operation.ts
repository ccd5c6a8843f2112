import type { INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError, sleep } from 'n8n-workflow';
import { z } from 'zod';

import { conversationIdProperty, readTextParameter } from '../../parameters/item';
import { isTool } from '../../parameters/isTool';
import { escapeMarkdown } from '../../text/escapeMarkdown';
import { pauseBefore, withUnshownText } from '../../waiting/chatDisplay';
import { hasSecondNode } from '../../waiting/waitingNodes';
import { waitLimit } from '../../waiting/limitWaitTime';
import { putToWait } from '../../waiting/putToWait';
import { endIfStale, noteToldEnd } from '../../waiting/endStale';
import { register } from '../../waiting/register';
import {
	CUSTOMER_MESSAGE,
	endedEvent,
	parseWaitEvent,
	TIMEOUT,
	type WaitEvent,
} from '../../waiting/wait';
import { queueKey } from '../queueKey';
import { defineBranchingOperation, outputItem, type OperationContext } from '../operation';
import {
	customerMessageProperties,
	readCustomerMessage,
	type CustomerMessage,
	type MessageOutput,
} from './customerMessage';
import type { FileOutput } from './attachments';
import { sendOrNoteEnd } from './sendOrNoteEnd';
import { waitOptions } from './waitOptions';

type WaitContext = OperationContext<typeof waitOptions>;

/**
 * Sends what the customer says, if anything, and puts the execution to wait for the next event of the conversation.
 *
 * In a loop its input is such an event: what the customer has written in n8n's chat is sent, an agent's message is shown there,
 * and after the end nothing comes out. What wakes the execution is in `waiting/`.
 */
export const sendAndWaitForReply = defineBranchingOperation({
	option: {
		name: 'Send and Wait for Reply',
		value: 'sendAndWaitForReply',
		action: 'Send message to human agent and wait for reply',
		description:
			'Send a customer message, or nothing, and go on with the next event of the conversation',
		// n8n's tools can't wait.
		displayOptions: { hide: { '@tool': [true] } },
	},
	properties: [conversationIdProperty, ...customerMessageProperties],
	options: waitOptions,
	sequenceKey: (context) => queueKey(readTextParameter(context, conversationIdProperty)),
	async execute(context) {
		checkThatItCanWait(context);
		const { functions, itemIndex, options } = context;
		const conversationId = readTextParameter(context, conversationIdProperty);
		const item: INodeExecutionData = functions.getInputData()[itemIndex] ?? { json: {} };
		const given = parseWaitEvent(item.json, conversationId);
		const event = ownEvent(context, given);
		if (event?.event === 'conversation_ended' || event?.event === TIMEOUT) return [[], []];

		const showsAgent = options.showInChat === true && event?.event === 'message_created';
		const pause = showsAgent ? pauseBefore(functions) : 0;
		// Without a second node the message would leave the loop, and the chat would end.
		if (pause > 0 && options.alternate && hasSecondNode(functions)) {
			return [[], [{ ...item, pairedItem: { item: itemIndex } }]];
		}

		const { isEnded, sessionId, eventIds, unshownText } = await register(
			functions,
			conversationId,
			given,
		);
		const message = messageOf(context, item, event);
		const sent = isEnded ? 'ended' : await send(context, conversationId, message);
		if (sent === 'ended') {
			if (isEnded) await noteToldEnd(functions, conversationId);
			const json = {
				...endedEvent(conversationId, sessionId),
				...(message?.content && { unsentText: message.content }),
			};
			const { binary } = item;
			return [[{ ...outputItem(json, itemIndex), ...(message && binary && { binary }) }], []];
		}
		if (pause > 0) await sleep(pause);
		const shown = sent === 'nothing' && !given ? sentBefore(item, conversationId) : sent;
		const ownText = options.showInChat ? chatTextOf(context, event, shown) : undefined;
		const agentText = [unshownText, showsAgent && ownText].filter(Boolean).join('\n\n');
		const wait = {
			conversationId,
			...(sessionId && { sessionId }),
			eventIds,
			...(typeof sent === 'object' && { sentMessage: sent }),
			...(agentText && { agentText }),
			chatText: [unshownText, ownText].filter(Boolean).join('\n\n'),
			until: waitLimit(options.limitWaitTime, Date.now(), functions.getTimezone()),
		};
		const output = await putToWait(functions, wait);
		void endIfStale(functions, conversationId, showsAgent ? item : undefined).catch(
			(error: unknown) => functions.logger.error(`${functions.getNode().name}: ${String(error)}`),
		);
		return [[output], []];
	},
});

/** @throws NodeOperationError for a tool, and for several items */
function checkThatItCanWait({ functions, itemIndex }: WaitContext): void {
	const fail = (message: string, description: string) => {
		throw new NodeOperationError(functions.getNode(), message, { itemIndex, description });
	};
	if (isTool(functions)) {
		fail(
			'A tool of an AI agent cannot wait',
			"Select the operation 'Send', and wait in the workflow.",
		);
	}
	if (functions.getInputData().length > 1) {
		fail(
			'An execution can wait for one conversation only',
			'Give this node one item. To wait for several conversations, call a sub-workflow for each item.',
		);
	}
}

/**
 * The input event if this node continues with it: in a loop, or if the customer wrote it.
 *
 * In the first run, an event of another node only leads to a new message, such as the next question. The agent's own
 * text is never sent back.
 */
function ownEvent(context: WaitContext, event: WaitEvent | undefined): WaitEvent | undefined {
	const { functions, itemIndex, options } = context;
	const isFirst = functions.getWorkflowDataProxy(itemIndex).$runIndex === 0;
	const isOfOther = event?.event === 'message_created' || event?.event === TIMEOUT;
	if (!isFirst || !isOfOther || options.showInChat) return event;
	return event.text && readCustomerMessage(context).content === event.text ? event : undefined;
}

/**
 * The message to send: from the parameters in the first run, from the customer's event in a loop. Undefined for other
 * events.
 */
function messageOf(
	context: WaitContext,
	{ binary = {} }: INodeExecutionData,
	event: WaitEvent | undefined,
): CustomerMessage | undefined {
	if (event && event.event !== CUSTOMER_MESSAGE) return undefined;
	const hasFiles = Object.keys(binary).length > 0;
	const message = event
		? { content: event.text?.trim() ? event.text : '', fields: hasFiles ? ['*'] : [] }
		: readCustomerMessage(context);
	const attachmentIds = event ? [] : context.options.attachmentIds;
	const isEmpty = message.content === '' && message.fields.length + attachmentIds.length === 0;
	return isEmpty ? undefined : message;
}

/** What became of a message: its output if it was sent, or may have been. */
type Sent = MessageOutput | 'nothing' | 'failed' | 'ended';

/** Sends a message. @throws as `sendOrNoteEnd`, outside of n8n's own chat */
async function send(
	context: WaitContext,
	conversationId: string,
	message: CustomerMessage | undefined,
): Promise<Sent> {
	if (!message) return 'nothing';
	const { functions, options } = context;
	const outcome = sendOrNoteEnd(context, conversationId, { message }).then(
		(output): Sent => output ?? 'ended',
	);
	if (!options.showInChat) return await outcome;
	return await outcome.catch((error: unknown): Sent => {
		// The customer reads it and can write again. A failed execution would end the chat.
		functions.logger.error(`${functions.getNode().name}: ${String(error)}`);
		return 'failed';
	});
}

const sentBeforeSchema = z.object({
	conversationId: z.string(),
	outcomeUnknown: z.boolean().optional(),
	attachments: z.array(
		z.object({ name: z.string(), outcome: z.enum(['sent', 'failed', 'unclear', 'notSent']) }),
	),
});

/** The message that the node before has sent, such as Route: its output is the input of this node. */
function sentBefore({ json }: INodeExecutionData, conversationId: string): Sent {
	const { data } = sentBeforeSchema.safeParse(json);
	return data?.conversationId === conversationId ? data : 'nothing';
}

/** What the customer reads in n8n's own chat while the execution waits. */
function chatTextOf(
	{ functions, options }: WaitContext,
	event: WaitEvent | undefined,
	sent: Sent,
): string | undefined {
	if (event?.event === 'message_created') {
		const { text = '', attachments } = event;
		const files = attachments.map(({ name }) => `📎 ${name ?? ''}`.trim());
		return escapeMarkdown([text, ...files].filter(Boolean).join('\n'));
	}
	const isSent = typeof sent === 'object';
	const isDelivered = isSent ? sent.outcomeUnknown !== true : sent !== 'failed';
	const text = isDelivered
		? (!event && options.chatText) || options.deliveredText
		: options.notDeliveredText;
	// Signs, as they need no translation.
	const unsent = isSent && isDelivered ? unsentFiles(sent.attachments) : '';
	return withUnshownText(functions, [text, unsent].filter(Boolean).join('\n\n'));
}

/** A line for each file that didn't reach the agent with its message, or may not have. */
function unsentFiles(files: FileOutput[]): string {
	const lines = files
		.filter(({ outcome }) => outcome !== 'sent')
		.map(({ name, outcome }) => `${outcome === 'unclear' ? '?' : '✗'} ${name}`);
	return escapeMarkdown(lines.join('\n'));
}
