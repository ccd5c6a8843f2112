import { z } from 'zod';

import { option } from '../../parameters/options';
import { flag } from '../../parameters/schemas';
import { limitWaitTimeOption } from '../../waiting/limitWaitTime';
import { customerMessageOptions } from './customerMessage';
import { deliveryOptions } from './deliver';

const shownInChat = { show: { showInChat: [true] } };

/** Text that is shown as it is, undefined if not set. */
const shownText = z.preprocess(
	(value) => (value === null ? undefined : value),
	z.coerce.string().optional(),
);

/** The options of *Send and Wait for Reply*. */
export const waitOptions = {
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
		shownText.transform((value) => value || '✓'),
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
			(value) => value || 'Your message could not be delivered. Please send it again.',
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
