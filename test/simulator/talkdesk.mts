import type { Readable } from 'node:stream';
import { agentApi, createAgent, type Agent } from './agents.mts';
import { createAnswers } from './answers.mts';
import { attachmentsApi } from './attachments-api.mts';
import { createAttachments, inform, type AttachmentInfo } from './attachments.mts';
import { createChanges, type Found, type WaitOptions } from './wait.mts';
import { createConversations, type Conversation, type Message } from './conversations.mts';
import { desk } from './desk.mts';
import { digitalConnect } from './digital-connect.mts';
import { createFaults } from './faults.mts';
import { createFiles } from './files.mts';
import { createIdentity } from './oauth.mts';
import { createLatency } from './latency.mts';
import {
	changeSettings,
	defaultSettings,
	secretsOf,
	type SettingChanges,
	type TalkdeskOptions,
} from './options.mts';
import { createServer } from './server.mts';
import { snapshot, type Frozen } from './snapshots.mts';
import { createStorage } from './storage.mts';
import type { Told } from './dispatcher.mts';
import { createViolations, type Violation } from './violations.mts';
import { createWebhooks, type Delivery, type RawOptions } from './webhooks.mts';
import { createWireLog, formatEntry, type LogEntry, type WireLog } from './wire-log.mts';

export type { Agent, AgentFile } from './agents.mts';
export type { Answered, OddAnswer } from './answers.mts';
export type { AttachmentInfo } from './attachments.mts';
export type { Conversation, Message } from './conversations.mts';
export type { Fault, FaultKind, FaultRequest } from './fault-kinds.mts';
export type { SettingChanges, TalkdeskOptions } from './options.mts';
export { Refusal } from './errors.mts';
export type { Frozen } from './snapshots.mts';
export type { Told, WebhookCall, WebhookFault } from './dispatcher.mts';
export type { Timer } from './timer.mts';
export type { Violation } from './violations.mts';
export type { Delivery } from './webhooks.mts';
export type { LogEntry } from './wire-log.mts';

/** How often things happened since the start. */
export interface Counts {
	tokensIssued: number;
	conversationsStarted: number;
	/** Messages that came through the API; a repetition isn't stored and doesn't count. */
	messagesStored: number;
	/**
	 * Requests per route, refused ones included: `POST /api/digital-connect/conversations/:id/messages`. Those of the storage
	 * are `PUT /uploads/:id` and `GET /downloads/:id`.
	 */
	routes: Record<string, number>;
}

/** What a conversation looks like from Talkdesk's side, for a report of what was lost on the way. */
export interface Seen {
	conversationId: string;
	/** What the agent saw of the customer, in order. */
	customer: Message[];
	/** What n8n was to be told, in the order in which it happened, with all calls that were made. */
	told: Told[];
}

/** A Talkdesk on your machine. */
export interface LocalTalkdesk {
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
	/** The other origin, where upload and download links lead. */
	readonly storageUrl: string;

	/** The human's side. */
	readonly agent: Agent;
	/** All that went in and out, oldest first. */
	readonly log: readonly LogEntry[];

	/** Changes options of the running server. Nothing changes when it throws: RangeError for a timeout, TypeError otherwise. */
	configure(changes: SettingChanges): void;
	/** Makes every token issued so far invalid. */
	expireTokens(): void;
	/**
	 * Sends any body to a touchpoint's integration: a string or Buffer as it is, anything else as JSON. With the integration's
	 * authentication and timeout and within the rate limit, but out of the order of conversations.
	 *
	 * @param event one of the three, or any other name: its path is then `/<event>`
	 * @throws TypeError for an unknown touchpoint; how the call went is in the result
	 */
	deliver(
		touchpointId: string,
		event: string,
		body: unknown,
		options?: RawOptions,
	): Promise<Delivery>;
	/** Snapshots of all conversations, oldest first. */
	conversations(): Frozen<Conversation>[];
	/** A snapshot of one; undefined when there is none of this id. */
	conversation(id: string): Frozen<Conversation> | undefined;
	/** What the agents saw and what n8n was told, per conversation, oldest first. `tally` in tally.mts compares it. */
	seen(): Frozen<Seen>[];
	/** Snapshots of all attachments, oldest first. Those that were deleted are not there any more. */
	attachments(): Frozen<AttachmentInfo>[];
	/** A snapshot of one; undefined when there is none of this id. */
	attachment(id: string): Frozen<AttachmentInfo> | undefined;
	/**
	 * Gives the bytes of an attachment.
	 *
	 * @throws TypeError for an unknown attachment
	 */
	attachmentContent(id: string): Readable;
	counts(): Counts;
	/** What would hide a fault, oldest first: an idempotency key for two things, an email address of `undefined`. */
	violations(): Frozen<Violation>[];
	/** Those of the kind `keyConflict`: each may be a message that was never stored. */
	keyConflicts(): Frozen<Violation>[];
	/**
	 * Waits until a predicate gives something other than undefined, null or false. It is tried at once, after every change of
	 * state and every log entry, and a last time at the end.
	 *
	 * @throws Error that names `what`: when the time is over, when the predicate throws, when the server is closed
	 */
	waitFor<T>(predicate: () => T, options: WaitOptions): Promise<Found<T>>;
	/** Writes a log entry as one line. */
	format(entry: LogEntry): string;
	/** Ends everything: sockets, timers, calls under way, waits. Resolves when nothing is left; may be called again. */
	close(): Promise<void>;
}

/**
 * Starts a Talkdesk on 127.0.0.1. README.md explains the options, CONTRACT.md what it implements and on what evidence.
 *
 * @throws RangeError or TypeError for options that are not valid; the system's error when the port is taken
 */
export async function startTalkdesk(options: TalkdeskOptions = {}): Promise<LocalTalkdesk> {
	const { port = 0, ...changes } = options;
	let current = changeSettings(defaultSettings, changes);
	const settings = () => current;
	const now = () => current.now();

	const closing = new AbortController();
	const exchange = createChanges();
	const log: WireLog = createWireLog({
		secrets: () => [...secretsOf(current), ...webhooks.secrets()],
		now,
		added(entry) {
			current.onLog(entry);
			exchange.happened();
		},
	});
	const conversations = createConversations(settings, exchange.happened);
	const files = createFiles();
	const attachments = createAttachments(files, exchange.happened);
	const identity = createIdentity(settings, log);
	const violations = createViolations(now, exchange.happened);
	const webhooks = createWebhooks(settings, log, closing.signal, exchange.happened);
	const agent = createAgent({ conversations, attachments, webhooks, now });
	const faults = createFaults({
		settings,
		identity,
		endConversation(id) {
			if (conversations.get(id)?.state === 'open') void agent.end(id);
		},
		log,
	});
	const latency = createLatency(settings, closing.signal);
	const answers = createAnswers(settings);
	const storage = createStorage({ settings, attachments, files, latency, faults, log });

	const app = createServer({ latency, answers, faults, log });
	const api = digitalConnect({
		settings,
		identity,
		conversations,
		violations,
		log,
		attachment: attachments.get,
		ended({ id: conversationId, start }) {
			if (!current.notifyApiEnd) return;
			const timestamp = new Date(now()).toISOString();
			const happening = { event: 'conversation_ended', conversationId, timestamp } as const;
			void webhooks.tell(start.touchpoint_id, happening);
		},
	});
	await app.register(identity.routes, { prefix: '/id' });
	await app.register(api, { prefix: '/api' });
	await app.register(
		attachmentsApi({
			...{ settings, identity, attachments, storage, violations, log },
			base: () => `${url}/api`,
		}),
		{ prefix: '/api' },
	);
	await app.register(agentApi(agent, conversations, log), { prefix: '/agent/api' });
	await app.register(
		desk({ agent, conversations, attachments, webhooks, files, log, changes: exchange }),
		{ prefix: '/desk' },
	);

	async function shutDown() {
		closing.abort(new Error('the local Talkdesk was closed'));
		exchange.close();
		await Promise.all([app.close(), storage.close()]);
		await webhooks.idle();
		await files.close();
	}
	let closed: Promise<void> | undefined;
	let url: string;
	try {
		url = await app.listen({ host: '127.0.0.1', port });
		await storage.listen();
	} catch (error) {
		await shutDown();
		throw error;
	}

	return {
		url,
		get tokenUrl() {
			return `${url}/id/${current.account}/oauth/token`;
		},
		apiBaseUrl: `${url}/api`,
		agentApiUrl: `${url}/agent/api`,
		deskUrl: `${url}/desk`,
		storageUrl: storage.url,
		agent,
		log: log.entries,
		configure(changes) {
			current = changeSettings(current, changes);
			exchange.happened();
		},
		expireTokens: identity.expireAll,
		deliver: webhooks.raw,
		conversations: () => conversations.all().map(snapshot),
		conversation(id) {
			const found = conversations.get(id);
			return found && snapshot(found);
		},
		seen: () =>
			conversations.all().map(({ id: conversationId, messages }) =>
				snapshot({
					conversationId,
					customer: messages.filter(({ from }) => from === 'customer'),
					told: webhooks.told(conversationId),
				}),
			),
		attachments: () => attachments.all().map((attachment) => snapshot(inform(attachment))),
		attachment(id) {
			const found = attachments.get(id);
			return found && snapshot(inform(found));
		},
		attachmentContent(id) {
			const found = attachments.get(id);
			if (!found) throw new TypeError(`There is no attachment ${id}`);
			return files.read(found.file);
		},
		counts() {
			const all = conversations.all();
			const messages = all.flatMap((conversation) => conversation.messages);
			return {
				tokensIssued: identity.issued(),
				conversationsStarted: all.length,
				messagesStored: messages.filter((message) => message.from === 'customer').length,
				routes: Object.fromEntries(log.routes),
			};
		},
		violations: () => violations.all().map(snapshot),
		keyConflicts: () =>
			violations
				.all()
				.filter(({ kind }) => kind === 'keyConflict')
				.map(snapshot),
		waitFor: exchange.waitFor,
		format: formatEntry,
		close: () => (closed ??= shutDown()),
	};
}
