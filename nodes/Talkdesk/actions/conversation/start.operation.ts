import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { startConversation } from '../../api/digitalConnect';
import { isWaitExpected } from '../../waiting/waitingNodes';
import { sha256Json } from '../../text/hash';
import { toPreviousMessages } from '../../transcript/format';
import { sessionDataOption, sessionIdProperty } from '../../parameters/session';
import { sessionsOf } from '../../sessions/dataTableSessions';
import { whileStarting } from '../../sessions/starts';
import { linkSession, sessionQueueKey } from '../queueKey';
import {
	defineOperation,
	outputItem,
	resolveTouchpointId,
	type OperationContext,
} from '../operation';
import { checkEmail, emailProperty } from '../../parameters/email';
import {
	idempotencyKey,
	idempotencyKeyOption,
	workflowIdentity,
} from '../../parameters/idempotencyKey';
import { isTool } from '../../parameters/isTool';
import { readTextParameter, type ItemContext } from '../../parameters/item';
import { option, readOptions, touchpointIdOption } from '../../parameters/options';
import { text } from '../../parameters/schemas';
import {
	loadTranscript,
	transcriptOptions,
	transcriptProperties,
} from '../../parameters/transcript';
import {
	contactCenterParametersProperty,
	readContactCenterParameters,
} from './contactCenterParameters';
import { wasStartedEarlier } from './alreadyStarted';

/** Not `required`: n8n would not run the node if only the parameters have the address. */
const contactEmailProperty: INodeProperties = {
	...emailProperty,
	description:
		"Email address of the customer, which identifies the contact in Talkdesk. Required here, or as emailAddress in 'Parameters (JSON)'.",
};

const options = {
	idempotencyKey: idempotencyKeyOption,
	sessionData: sessionDataOption,
	subject: option(
		{
			displayName: 'Subject',
			name: 'subject',
			type: 'string',
			default: '',
			placeholder: 'e.g. Question about an invoice',
			description: 'Topic of the conversation',
		},
		text,
	),
	touchpointId: touchpointIdOption,
	...transcriptOptions,
};

export const start = defineOperation({
	option: {
		name: 'Start',
		value: 'start',
		action: 'Start conversation with human agent',
		description: 'Hand the customer over to a human agent, with the transcript and customer data',
	},
	toolDescription:
		'Hands the customer over to a human agent in the contact center. Call this tool when the customer asks for a human, or when you cannot help. It needs the email address that the customer has written in this chat; ask for it, and never make one up. Afterwards a human agent answers the customer: say so, and stop answering.',
	properties: [
		contactEmailProperty,
		sessionIdProperty,
		contactCenterParametersProperty,
		...transcriptProperties({ optional: true }),
	],
	options,
	// Items of a session, or with the same key, run one by one, so that the second finds the conversation of the first.
	sequenceKey(context) {
		const sessionId = readTextParameter(context, sessionIdProperty);
		if (sessionId !== '') return sessionQueueKey(sessionId);
		const key = readOptions(context, { idempotencyKey: idempotencyKeyOption }).idempotencyKey;
		return key === undefined ? undefined : `start ${scopedKey(context, key)}`;
	},
	async execute(context) {
		const sessionId = readTextParameter(context, sessionIdProperty);
		return [
			outputItem(
				sessionId === ''
					? await startWithoutSession(context)
					: await startForSession(context, sessionId),
				context.itemIndex,
			),
		];
	},
});

type StartContext = OperationContext<typeof options>;

async function startWithoutSession(context: StartContext): Promise<IDataObject> {
	const request = await readRequest(context);
	const { touchpointId, contactEmail } = request.conversation;
	const work = idempotencyKey(context, 'start', touchpointId, contactEmail);
	const key = context.options.idempotencyKey;
	const begin = async () =>
		await startConversation(context.client, request.conversation, {
			idempotencyKey:
				key === undefined
					? work
					: sha256Json([scopedKey(context, key), touchpointId, contactEmail]),
		});
	// The execution that will wait notes the conversation, and may come to do so after its first events.
	const { conversationId } = isWaitExpected(context.functions)
		? await whileStarting(begin, true)
		: await begin();
	const alreadyStarted =
		key !== undefined && (await isStartedEarlier(context, { conversationId, touchpointId, work }));
	return {
		conversationId,
		touchpointId,
		contactEmail,
		alreadyStarted,
		...request.transcript,
		message: messageFor(alreadyStarted),
	};
}

/**
 * Milliseconds after which a session without stored conversations gets a new idempotency key. Its rows may have been
 * deleted. After a restart of n8n, nothing then shows that the conversation of the old key has ended.
 */
const KEY_PERIOD_MS = 86_400_000;
/** Conversations of a session without rows that may turn out to have ended, one after the other. */
const MAX_ENDED = 10;

/**
 * Finds the open conversation of a session, or starts one. Safe however often it is called, also at the same moment by several
 * workers: the idempotency key is that of the session after its last conversation, so all of them get the same one.
 */
async function startForSession(context: StartContext, sessionId: string): Promise<IDataObject> {
	const { client, functions, options: chosen } = context;
	const sessions = sessionsOf(functions);
	const { storeId, conversation: last } = await sessions.last(sessionId);
	const work = idempotencyKey(context, 'start session', sessionId);
	if (last?.status === 'open') {
		const { conversationId, touchpointId, contactEmail } = last;
		linkSession(conversationId, sessionId);
		const found = { conversationId, touchpointId, work, isKnown: true };
		const alreadyStarted = await isStartedEarlier(context, found);
		return {
			conversationId,
			sessionId,
			touchpointId,
			contactEmail,
			alreadyStarted,
			...NO_TRANSCRIPT,
			message: messageFor(alreadyStarted),
		};
	}
	const request = await readRequest(context);
	const { touchpointId, contactEmail } = request.conversation;
	return await whileStarting(async () => {
		const startAfter = async (former: string | number) =>
			await startConversation(client, request.conversation, {
				idempotencyKey: sha256Json([
					'start session',
					functions.getInstanceId(),
					storeId,
					touchpointId,
					sessionId,
					former,
					chosen.idempotencyKey,
				]),
			});
		const period = Math.floor(Date.now() / KEY_PERIOD_MS);
		let { conversationId } = await startAfter(last?.conversationId ?? period);
		// If the rows of ended conversations were deleted, their keys are used again.
		for (let ended = 0; ended < MAX_ENDED && sessions.hasEnded(conversationId); ended++) {
			({ conversationId } = await startAfter(conversationId));
		}
		linkSession(conversationId, sessionId);
		const sessionData = chosen.sessionData ?? '';
		await sessions.remember(
			{ conversationId, sessionId, sessionData, contactEmail, touchpointId },
			isWaitExpected(functions),
		);
		const alreadyStarted = await isStartedEarlier(context, { conversationId, touchpointId, work });
		return {
			conversationId,
			sessionId,
			touchpointId,
			contactEmail,
			alreadyStarted,
			...request.transcript,
			message: messageFor(alreadyStarted),
		};
	});
}

const NO_TRANSCRIPT = {
	transcriptMessages: 0,
	transcriptMessagesOmitted: 0,
	transcriptMessagesUnrecognized: 0,
};

/** The conversation to start, from the parameters of the item. */
async function readRequest(context: StartContext) {
	const { functions, options: chosen } = context;
	const { parameters, emailAddress } = readContactCenterParameters(context);
	const contactEmail = checkEmail(
		context,
		contactEmailProperty.displayName,
		readTextParameter(context, contactEmailProperty) || emailAddress,
		{ isTool: isTool(functions) },
	);
	const touchpointId = resolveTouchpointId(context);
	const { messages, omitted, unrecognized } = await loadTranscript(context);
	return {
		conversation: {
			touchpointId,
			contactEmail,
			subject: chosen.subject,
			contextParameters: parameters,
			previousMessages: toPreviousMessages(messages, Date.now()),
		},
		transcript: {
			transcriptMessages: messages.length,
			transcriptMessagesOmitted: omitted,
			transcriptMessagesUnrecognized: unrecognized.count,
		},
	};
}

async function isStartedEarlier(
	{ client, functions }: StartContext,
	started: { conversationId: string; touchpointId: string; work: string; isKnown?: boolean },
): Promise<boolean> {
	return await wasStartedEarlier(functions, { apiBaseUrl: client.settings.apiBaseUrl, ...started });
}

/** What an AI agent reads as the result of its tool. */
const messageFor = (alreadyStarted: boolean) =>
	alreadyStarted
		? 'This chat has already been handed over to a human agent, and nothing new was started. The human agent answers here: do not answer any further yourself.'
		: 'A human agent has been asked to take over this chat and will answer here. Tell the customer so, and do not answer any further yourself.';

/** The user's own key, hashed with the workflow. The caller adds the contact: docs/decisions/0016. */
function scopedKey(context: ItemContext, key: string): string {
	return sha256Json(['start', ...workflowIdentity(context), key]);
}
