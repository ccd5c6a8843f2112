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
				"Whether to show the agent's messages in n8n's own chat, and to send the agent what the customer writes there. Connect the output back to the input. Needs a Chat Trigger with Response Mode 'Using Response Nodes'.",
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
				"What the customer reads after a message has been sent to the agent. n8n's chat accepts the next message only then.",
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
			description:
				'What the customer reads when a message could not be sent to the agent, or may be lost',
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
				"Whether to pass every second message of the agent to another such node, connected to the output Second Node. n8n's chat shows no second text of a node that waits twice in a row. If this is off, the node runs for three seconds in between, and n8n loses what the customer writes then.",
		},
		flag,
	),
};
