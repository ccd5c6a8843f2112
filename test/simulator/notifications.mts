import type { Conversation, Message } from './conversations.mts';
import type { Settings } from './options.mts';
import type { Author, DomainEvent } from './payloads.mts';
import type { Delivery, Webhooks } from './webhooks.mts';

/** What n8n is told, on which occasion: where Talkdesk's documentation leaves that open, the options decide. */
export interface Notifications {
	/**
	 * Dispatches conversation_started, if the option `conversationStarted` has it on this occasion.
	 *
	 * @returns a delivery with the url null if there was no call
	 */
	started(
		conversation: Conversation,
		occasion: 'start' | 'join' | 'agentInitiated',
	): Promise<Delivery>;
	/** Dispatches message_created. */
	messageCreated(conversation: Conversation, message: Message, author: Author): Promise<Delivery>;
	/** Dispatches message_created for a message of the customer, by the next of the option `echoAuthors`, if there are any. */
	echo(conversation: Conversation, message: Message): void;
	/** Dispatches conversation_ended. */
	ended(conversation: Conversation): Promise<Delivery>;
}

/** @param now gives the time of dispatched events */
export function createNotifications({
	settings,
	webhooks,
	now,
}: {
	settings: () => Settings;
	webhooks: Webhooks;
	now: () => number;
}): Notifications {
	let echoes = 0;

	const dispatch = (
		{ id: conversationId, start }: Conversation,
		domainEvent: Pick<DomainEvent, 'event' | 'message'>,
	) => {
		const timestamp = new Date(now()).toISOString();
		return webhooks.dispatch(start.touchpoint_id, { ...domainEvent, conversationId, timestamp });
	};
	const messageCreated: Notifications['messageCreated'] = (conversation, message, author) => {
		const { id, attachments } = message;
		const said = { id, content: message.content ?? '', attachments, author };
		return dispatch(conversation, { event: 'message_created', message: said });
	};

	return {
		async started(conversation, occasion) {
			const event = 'conversation_started';
			const { conversationStarted: reading } = settings();
			// All readings but one have it for conversations that agents open: that is what is documented.
			const isCalled = occasion === 'agentInitiated' ? reading !== 'never' : reading === occasion;
			if (isCalled) return await dispatch(conversation, { event });
			const error = `conversationStarted is ${reading}`;
			return { event, url: null, status: null, ms: 0, ok: false, error };
		},
		messageCreated,
		echo(conversation, message) {
			const { echoAuthors } = settings();
			const author = echoAuthors[echoes++ % echoAuthors.length];
			if (author !== undefined) void messageCreated(conversation, message, author);
		},
		ended: (conversation) => dispatch(conversation, { event: 'conversation_ended' }),
	};
}
