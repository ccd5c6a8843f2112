import type { Readable } from 'node:stream';
import type { Agent } from './agents.mts';
import type { AttachmentInfo } from './attachments.mts';
import type { Case } from './cases.mts';
import type { Found, WaitOptions } from './change-notifier.mts';
import type { Conversation, Message } from './conversations.mts';
import type { DispatchedEvent } from './dispatcher.mts';
import type { SettingChanges } from './options.mts';
import type { Frozen } from './frozen-copy.mts';
import type { Violation } from './violations.mts';
import type { Delivery, DeliverOptions } from './webhooks.mts';
import type { LogEntry } from './wire-log.mts';

/** Counters since the start. */
export interface Counts {
	tokensIssued: number;
	conversationsStarted: number;
	/** Messages sent through the API; a repetition isn't stored and doesn't count. */
	messagesStored: number;
	/**
	 * Requests per route, rejected ones included: `POST /api/digital-connect/conversations/:id/messages`. Those of the storage
	 * are `PUT /uploads/:id` and `GET /downloads/:id`.
	 */
	routes: Record<string, number>;
}

/** A conversation from Talkdesk's side, for a report of losses. */
export interface ConversationTranscript {
	conversationId: string;
	/** The customer's messages, in order. */
	customer: Message[];
	/** The events for n8n, in order, with all webhook calls. */
	events: DispatchedEvent[];
}

/** A running Talkdesk simulator. */
export interface TalkdeskSimulator {
	/** `http://127.0.0.1:<port>` */
	readonly url: string;
	/** Token URL of the current account: the credential's `tokenUrl` with the region Custom. */
	readonly tokenUrl: string;
	/** API base URL: the credential's `apiBaseUrl` with the region Custom. */
	readonly apiBaseUrl: string;
	/** Base URL of the agent's HTTP API. */
	readonly agentApiUrl: string;
	/** The agent's desk, a page for the browser. */
	readonly deskUrl: string;
	/** The other origin, to which upload and download links lead. */
	readonly storageUrl: string;

	/** The human agent, and the programs on Talkdesk's side. */
	readonly agent: Agent;
	/** All requests in both directions, oldest first. */
	readonly log: readonly LogEntry[];

	/** Changes options of the running server. Nothing changes when it throws: RangeError for a timeout, TypeError otherwise. */
	configure(changes: SettingChanges): void;
	/** Makes every token issued so far invalid. */
	expireTokens(): void;
	/**
	 * Sends any body to a touchpoint's integration: a string or Buffer unchanged, anything else as JSON. It uses the
	 * integration's authentication and timeout and the rate limit, but not the order of conversations.
	 *
	 * @param event one of the three, or any other name: its path is then `/<event>`
	 * @throws TypeError for an unknown touchpoint; the outcome of the call is in the result
	 */
	deliver(
		touchpointId: string,
		event: string,
		body: unknown,
		options?: DeliverOptions,
	): Promise<Delivery>;
	/** Snapshots of all conversations, oldest first. */
	conversations(): Frozen<Conversation>[];
	/** A snapshot of one; undefined if the id is unknown. */
	conversation(id: string): Frozen<Conversation> | undefined;
	/** What agents saw and n8n received, per conversation, oldest first. Compare it with `compareDelivery`. */
	transcripts(): Frozen<ConversationTranscript>[];
	/** Snapshots of all attachments, oldest first, without deleted ones. */
	attachments(): Frozen<AttachmentInfo>[];
	/** A snapshot of one; undefined if the id is unknown. */
	attachment(id: string): Frozen<AttachmentInfo> | undefined;
	/**
	 * Gives the bytes of an attachment.
	 *
	 * @throws TypeError for an unknown attachment
	 */
	attachmentContent(id: string): Readable;
	/** Snapshots of all cases, oldest first. */
	cases(): Frozen<Case>[];
	counts(): Counts;
	/** Requests that would hide a fault, oldest first: a key for two requests, an email address of `undefined`. */
	violations(): Frozen<Violation>[];
	/** Violations of the kind `keyConflict`: each may be a message that was never stored. */
	keyConflicts(): Frozen<Violation>[];
	/**
	 * Waits until a predicate gives something other than undefined, null or false. It is called at once, after every change of
	 * state and every log entry, and a last time at the end.
	 *
	 * @throws Error that names `what`: on a timeout, if the predicate throws, or if the server is closed
	 */
	waitFor<T>(predicate: () => T, options: WaitOptions): Promise<Found<T>>;
	/** Formats a log entry as one line. */
	format(entry: LogEntry): string;
	/** Ends everything: sockets, timers, pending calls, waits. May be called again. */
	close(): Promise<void>;
}
