import type { EventFields, PartFields } from './fields';

/** Text, author, files and reason of an event, as far as its body has them. */
export function findContent({ envelope, payload, message }: EventFields) {
	const parts = [payload, message, envelope];
	const first = <T>(read: (part: PartFields) => T | undefined) =>
		parts.map(read).find((found) => found !== undefined);
	return {
		text: first(({ text }) => text),
		author: first(({ author }) => author),
		attachments:
			first(({ attachments }) => (attachments.length > 0 ? attachments : undefined)) ?? [],
		reason: first(({ reason }) => reason),
	};
}

/** The time that Talkdesk gives for an event; undefined if it gives none. */
export function findSentAt({ envelope, payload, message }: EventFields): string | undefined {
	return (
		envelope.timestamp ??
		payload.timestamp ??
		payload.createdAt ??
		message.timestamp ??
		message.createdAt
	);
}

/** The ID that a body gives to a message by that name. Inside an object `message`, an ID can be nothing else. */
export function findMessageId({ envelope, payload, message }: EventFields): string | undefined {
	return payload.messageId ?? envelope.messageId ?? message.messageId ?? message.id;
}
