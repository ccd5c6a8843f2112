import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError, sleep, WAIT_INDEFINITELY } from 'n8n-workflow';
import { z } from 'zod';

import { conversationIdProperty, readTextParameter } from '../../parameters/item';
import { isTool } from '../../parameters/isTool';
import { option } from '../../parameters/options';
import { flag } from '../../parameters/schemas';
import { sessionsOf } from '../../sessions/sessions';
import { waitsOf } from '../../sessions/waits';
import { noteText, pauseBefore, takeUnshownText } from '../../waiting/chat';
import { endReplaced } from '../../waiting/handOver';
import { limitWaitTimeOption, waitLimit } from '../../waiting/limitWaitTime';
import {
	CUSTOMER_MESSAGE,
	parseWaitEvent,
	RESUME_PATH,
	timeoutItem,
	type WaitEvent,
} from '../../waiting/wait';
import { queueKey } from '../conversationQueue';
import { defineBranchingOperation, outputItem, type OperationContext } from '../operation';
import {
	customerMessageOptions,
	customerMessageProperties,
	readCustomerMessage,
	sendCustomerMessage,
} from './customerMessage';
import { deliveryOptions } from './deliver';

const shownInChat = { show: { showInChat: [true] } };

/** Text that is shown as it is, undefined if not set. */
const shownText = z.preprocess(
	(value) => (value === null ? undefined : value),
	z.coerce.string().optional(),
);

const options = {
	...customerMessageOptions,
	ifOutcomeUnknown: deliveryOptions.ifOutcomeUnknown,
	limitWaitTime: limitWaitTimeOption,
	showInChat: option(
		{
			displayName: "Show in n8n's Chat",
			name: 'showInChat',
			type: 'boolean',
			default: false,
			description:
				"Whether this is n8n's own chat: the customer reads the agent's messages there, and what the customer writes goes to the agent. Connect the output back to the input. Needs a Chat Trigger with Response Mode 'Using Response Nodes'.",
		},
		flag,
	),
	chatText: option(
		{
			displayName: 'First Text',
			name: 'chatText',
			type: 'string',
			default: '',
			displayOptions: shownInChat,
			description: 'What the customer reads when the chat begins to wait for the agent',
		},
		shownText,
	),
	deliveredText: option(
		{
			displayName: 'Delivered Text',
			name: 'deliveredText',
			type: 'string',
			default: '✓',
			displayOptions: shownInChat,
			description:
				"What the customer reads when a message has gone to the agent. n8n's chat takes the next message only afterwards.",
		},
		shownText.transform((value) => value ?? '✓'),
	),
	notDeliveredText: option(
		{
			displayName: 'Not Delivered Text',
			name: 'notDeliveredText',
			type: 'string',
			default: 'Your message could not be delivered. Please send it again.',
			displayOptions: shownInChat,
			description: 'What the customer reads when a message could not be sent to the agent',
		},
		shownText.transform(
			(value) => value ?? 'Your message could not be delivered. Please send it again.',
		),
	),
	alternate: option(
		{
			displayName: 'Alternate With Second Node',
			name: 'alternate',
			type: 'boolean',
			default: false,
			displayOptions: shownInChat,
			description:
				"Whether to pass every second message of the agent to another node of this kind through the output Second Node. n8n's chat shows no second text of a node that waits twice in a row. Without it, this node runs for three seconds in between, in which n8n loses what the customer writes.",
		},
		flag,
	),
};

type WaitContext = OperationContext<typeof options>;

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
	options,
	sequenceKey: (context) => queueKey(readTextParameter(context, conversationIdProperty)),
	async execute(context) {
		const { functions, itemIndex } = context;
		checkThatItCanWait(context);
		const conversationId = readTextParameter(context, conversationIdProperty);
		const item = functions.getInputData()[itemIndex] ?? { json: {} };
		const event = parseWaitEvent(item.json, conversationId);
		if (event?.event === 'conversation_ended' || event?.event === 'timeout') return [[], []];
		const isText = event?.event === 'message_created' && context.options.showInChat === true;
		const mustPause = isText ? pauseBefore(functions) : 0;
		if (mustPause > 0 && context.options.alternate) {
			return [[], [{ ...item, pairedItem: { item: itemIndex } }]];
		}
		const registered = await register(context, conversationId);
		const ended = (more?: IDataObject): INodeExecutionData[][] => [
			[outputItem(endedEvent(conversationId, registered.sessionId, more), itemIndex)],
			[],
		];
		if (registered.isEnded) return ended();
		const sent = await send(context, conversationId, event);
		if (sent === 'ended')
			return ended({ unsentText: event?.text ?? readCustomerMessage(context).content });
		if (mustPause > 0) await sleep(mustPause);
		return [
			[await wait(context, { conversationId, sessionId: registered.sessionId, event, sent })],
			[],
		];
	},
});

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
			'Give this node one item. With Loop Over Items, or a sub-workflow for each item, several conversations go one after the other, or side by side.',
		);
	}
}

const REGISTERED = 'talkdeskWait';

/** Notes, once for each conversation, that this execution waits for it. */
async function register({ functions }: WaitContext, conversationId: string) {
	const memory = functions.getContext('flow');
	const known = registeredSchema.safeParse(memory[REGISTERED]).data;
	if (known?.conversationId === conversationId) return { ...known, isEnded: false };
	const resumeUrl = resumeUrlOf(functions);
	const { replaced, ...registration } = await waitsOf(functions).register(
		conversationId,
		resumeUrl,
	);
	if (replaced) await endReplaced(functions, replaced);
	const { sessionId, isEnded } = registration;
	if (!isEnded) memory[REGISTERED] = { conversationId, ...(sessionId && { sessionId }) };
	return registration;
}
const registeredSchema = z.object({ conversationId: z.string(), sessionId: z.string().optional() });

function resumeUrlOf(functions: WaitContext['functions']): string {
	const url = new URL(
		z.string().parse(functions.evaluateExpression('{{ $execution.resumeUrl }}', 0)),
	);
	url.pathname += `/${RESUME_PATH}`;
	return url.href;
}

/**
 * Sends what the customer says, if anything: the parameters at first, in a loop what the customer has written in n8n's chat.
 * An agent's own message is not sent back.
 */
async function send(
	context: WaitContext,
	conversationId: string,
	event: WaitEvent | undefined,
): Promise<'sent' | 'nothing' | 'failed' | 'ended'> {
	if (event && event.event !== CUSTOMER_MESSAGE) return 'nothing';
	const message = event
		? { content: event.text ?? '', fields: ['*'] }
		: readCustomerMessage(context);
	const hasFiles = message.fields.length > 0 || context.options.attachmentIds.length > 0;
	if (message.content === '' && !hasFiles) return 'nothing';
	const { functions } = context;
	try {
		const { delivery } = await sendCustomerMessage(
			{
				...context,
				options: {
					...context.options,
					ifConversationEnded: 'continue',
					contactEmail: undefined,
					touchpointId: undefined,
				},
			},
			conversationId,
			message,
		);
		if (delivery.outcome !== 'ended') return 'sent';
		await sessionsOf(functions).end(conversationId, new Date().toISOString());
		return 'ended';
	} catch (error) {
		if (!event || !context.options.showInChat) throw error;
		// The customer reads it and can write again. A failed execution would end the chat.
		functions.logger.error(`${functions.getNode().name}: ${String(error)}`);
		return 'failed';
	}
}

/** Puts the execution to wait. @returns the item that n8n shows while it waits */
async function wait(
	{ functions, options: chosen, itemIndex }: WaitContext,
	{
		conversationId,
		sessionId,
		event,
		sent,
	}: {
		conversationId: string;
		sessionId: string | undefined;
		event: WaitEvent | undefined;
		sent: 'sent' | 'nothing' | 'failed';
	},
): Promise<INodeExecutionData> {
	const text = chosen.showInChat ? textFor() : undefined;
	const now = Date.now();
	const opensAt = text ? noteText(functions, text, now) : now;
	const lastEventId = event?.eventId;
	const until = waitLimit(chosen.limitWaitTime, now);
	// n8n puts out the input of the node when the time is over.
	functions.getExecuteData().data = {
		main: [
			[
				{
					...timeoutItem(
						{
							conversationId,
							opensAt,
							...(sessionId && { sessionId }),
							...(lastEventId && { lastEventId }),
						},
						until?.getTime() ?? now,
					),
					pairedItem: { item: itemIndex },
				},
			],
		],
	};
	await functions.putExecutionToWait(until ?? WAIT_INDEFINITELY);
	const json = { conversationId, ...(sessionId && { sessionId }), waiting: true };
	return { ...outputItem(json, itemIndex), ...(text && { sendMessage: text }) };

	function textFor(): string | undefined {
		if (event?.event === 'message_created') return textOf(event);
		const unshown = takeUnshownText(functions);
		if (sent === 'failed') return [unshown, chosen.notDeliveredText].filter(Boolean).join('\n\n');
		return unshown || (!event && chosen.chatText) || chosen.deliveredText;
	}
}

/** What n8n's chat can show of a message: its text, and the names of its files. */
const textOf = ({ text = '', attachments }: WaitEvent): string =>
	[text, ...attachments.map(({ name }) => `📎 ${name ?? ''}`.trim())].filter(Boolean).join('\n');

const endedEvent = (conversationId: string, sessionId?: string, more: IDataObject = {}) => ({
	event: 'conversation_ended',
	conversationId,
	...(sessionId && { sessionId }),
	timestamp: new Date().toISOString(),
	...more,
});
