import type { Conversation, SessionOfConversation } from './conversation';

/** Which conversation belongs to which session. Callers do not know where it is stored. */
export interface SessionStore {
	/**
	 * The last conversation of a session, open or ended, and the ID of the store. Makes the store at its first use.
	 */
	last(sessionId: string): Promise<{ storeId: string; conversation: Conversation | undefined }>;
	/**
	 * The open conversation of a session, as far as is known: Talkdesk's own answer corrects it.
	 *
	 * @param isFresh whether to ask the store in any case
	 */
	open(sessionId: string, isFresh?: boolean): Promise<Conversation | undefined>;
	/** The session of a conversation; undefined if nothing is stored of it. */
	of(conversationId: string): Promise<SessionOfConversation | undefined>;
	/** Whether anything is stored at all: without it no conversation has a session. */
	exist(): Promise<boolean>;
	/** Whether a conversation was found to have no session a moment ago. */
	isForeign(conversationId: string): boolean;
	/** Notes that a conversation has no session. */
	noteForeign(conversationId: string): void;
	/**
	 * Stores a conversation that was started. If it is stored already, its status and the execution that waits stay.
	 *
	 * @param isWaitExpected whether the workflow will wait for its events
	 */
	remember(started: SessionOfConversation, isWaitExpected?: boolean): Promise<void>;
	/**
	 * Notes that a conversation has ended. The first end counts.
	 *
	 * @param endedAt ISO 8601
	 * @returns the conversation if it was open until now
	 */
	end(
		conversationId: string,
		endedAt: string,
		endReason?: string,
	): Promise<Conversation | undefined>;
	/** As `end`, if Talkdesk's answer to a message says so, and this package doesn't tell the workflow. */
	endFound(conversationId: string, endedAt: string): Promise<Conversation | undefined>;
	/**
	 * As `end`, for a conversation that this workflow ends. It is noted first, and taken back if `endIt` throws: Talkdesk may report
	 * this end before it answers, and the trigger must recognize it as one of this workflow.
	 *
	 * @returns what `endIt` returns
	 * @throws what `endIt` throws
	 */
	whileEnding<Result>(
		conversationId: string,
		endedAt: string,
		endIt: () => Promise<Result>,
	): Promise<Result>;
	/**
	 * As `end`, for an end that Talkdesk reports. The time of the first report counts.
	 *
	 * @param claim what a repetition of the report has in common with it, and nothing else
	 * @returns the conversation if the workflow doesn't know of the end: it was open until now, was found to have ended, or another
	 * workflow has ended it. In a repetition the same again
	 */
	endReported(
		conversationId: string,
		endedAt: string,
		endReason?: string,
		claim?: string,
	): Promise<Conversation | undefined>;
	/** Whether this process knows that a conversation has ended, also if its row was deleted since. */
	hasEnded(conversationId: string): boolean;
	/** Notes that an agent writes, and with it that the conversation is open again if it had ended before. */
	agentWrites(conversationId: string, agentName: string, writtenAt: string): Promise<void>;
}
