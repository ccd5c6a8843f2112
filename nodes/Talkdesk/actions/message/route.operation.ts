import { readTextParameter } from '../../parameters/item';
import { option } from '../../parameters/options';
import { flag } from '../../parameters/schemas';
import { sessionIdProperty } from '../../parameters/session';
import { sessionsOf } from '../../sessions/dataTableSessions';
import { linkSession, sessionQueueKey } from '../queueKey';
import { defineBranchingOperation, outputItem, type OperationContext } from '../operation';
import { customerMessageOptions, customerMessageProperties } from './customerMessage';
import { deliveryOptions } from './deliver';
import { sendOrNoteEnd } from './sendOrNoteEnd';

const requiredSessionId = { ...sessionIdProperty, required: true };

const options = {
	...customerMessageOptions,
	checkOnly: option(
		{
			displayName: 'Check Only',
			name: 'checkOnly',
			type: 'boolean',
			default: false,
			description:
				'Whether to send nothing and only check who has the chat: the item leaves at Human or at Bot. Use it after a bot that may have handed the chat over.',
		},
		flag,
	),
	ifOutcomeUnknown: deliveryOptions.ifOutcomeUnknown,
};

/** How many conversations of a session may turn out to have ended, one after the other. */
const MAX_ENDED = 10;

export const route = defineBranchingOperation({
	option: {
		name: 'Route',
		value: 'route',
		action: 'Route message to human agent or bot',
		description:
			'Send a customer message to the agent if one has the chat, or pass the item on to the bot if none has',
	},
	toolDescription:
		'Sends a message of the customer to the human agent, if a human agent has this chat. If the tool returns nothing, no human agent has it.',
	properties: [requiredSessionId, ...customerMessageProperties],
	options,
	sequenceKey: (context) => sessionQueueKey(readTextParameter(context, requiredSessionId)),
	async execute(context) {
		const { functions, itemIndex } = context;
		const sessionId = readTextParameter(context, requiredSessionId);
		const sent = await sendToOpenConversation(context, sessionId);
		if (sent) return [[outputItem({ ...sent, sessionId }, itemIndex)], []];
		const item = functions.getInputData()[itemIndex] ?? { json: {} };
		return [[], [{ ...item, pairedItem: { item: itemIndex } }]];
	},
});

/**
 * Sends the message to the open conversation of the session, if there is one.
 *
 * What the package remembers as open may have ended without a call of Talkdesk: then Talkdesk's answer says so, and it is noted.
 *
 * @returns the output of the message; undefined if no human agent has the chat
 */
async function sendToOpenConversation(
	context: OperationContext<typeof options>,
	sessionId: string,
) {
	const sessions = sessionsOf(context.functions);
	if (context.options.checkOnly) {
		const open = await sessions.open(sessionId, true);
		return open && { conversationId: open.conversationId };
	}
	let conversation = await sessions.open(sessionId);
	for (let ended = 0; conversation && ended < MAX_ENDED; ended++) {
		linkSession(conversation.conversationId, sessionId);
		const output = await sendOrNoteEnd(context, conversation.conversationId, { isTold: false });
		if (output) return output;
		conversation = await sessions.open(sessionId, true);
	}
	return undefined;
}
