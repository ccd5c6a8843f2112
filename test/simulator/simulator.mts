import type { Readable } from 'node:stream';
import { agentApi } from './agent-api.mts';
import { createAgent, type Agent } from './agents.mts';
import { createAnswers } from './answers.mts';
import { attachmentsApi } from './attachments-api.mts';
import { createAttachments, attachmentInfo, type AttachmentInfo } from './attachments.mts';
import { createCases, type Case } from './cases.mts';
import { createChangeNotifier, type Found, type WaitOptions } from './change-notifier.mts';
import { createConversations, type Conversation, type Message } from './conversations.mts';
import { desk } from './desk.mts';
import { digitalConnect } from './digital-connect.mts';
import { createFaults } from './faults.mts';
import { createFiles } from './file-store.mts';
import { createNotifications } from './notifications.mts';
import { createOAuthServer } from './oauth.mts';
import { createLatency } from './latency.mts';
import {
	changeSettings,
	defaultSettings,
	secretsOf,
	type SettingChanges,
	type SimulatorOptions,
} from './options.mts';
import { createServer } from './server.mts';
import { snapshot, type Frozen } from './snapshots.mts';
import { createStorage } from './storage.mts';
import type { DispatchedEvent } from './dispatcher.mts';
import { createViolations, type Violation } from './violations.mts';
import { createWebhooks, type Delivery, type DeliverOptions } from './webhooks.mts';
import { createWireLog, formatEntry, type LogEntry, type WireLog } from './wire-log.mts';

export type { Agent, AgentFile } from './agents.mts';
export type { Answered, OddAnswer } from './answers.mts';
export type { AttachmentInfo } from './attachments.mts';
export type { Case } from './cases.mts';
export type { Conversation, Message } from './conversations.mts';
export type { Fault, FaultKind, FaultRequest } from './fault-kinds.mts';
export type { SettingChanges, SimulatorOptions } from './options.mts';
export { ApiError } from './errors.mts';
export type { Frozen } from './snapshots.mts';
export type { DispatchedEvent, WebhookCall, WebhookFault } from './dispatcher.mts';
export type { Timer } from './timer.mts';
export type { Violation } from './violations.mts';
export type { Delivery } from './webhooks.mts';
export type { LogEntry } from './wire-log.mts';

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

/**
 * Starts a Talkdesk simulator on 127.0.0.1. README.md explains the options, CONTRACT.md the API and its evidence.
 *
 * @throws RangeError or TypeError for invalid options; the system's error if the port is taken
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<TalkdeskSimulator> {
	const { port = 0, ...changes } = options;
	let current = changeSettings(defaultSettings, changes);
	const settings = () => current;
	const now = () => current.now();

	function configure(changes: SettingChanges) {
		current = changeSettings(current, changes);
		notifier.notify();
	}

	const closing = new AbortController();
	const notifier = createChangeNotifier();
	const log: WireLog = createWireLog({
		secrets: () => [...secretsOf(current), ...webhooks.secrets()],
		now,
		added(entry) {
			current.onLog(entry);
			notifier.notify();
		},
	});
	const conversations = createConversations(settings, notifier.notify);
	const files = createFiles();
	const attachments = createAttachments(files, notifier.notify);
	const tokenUrlOf = (account: string) => `${url}/id/${account}/oauth/token`;
	const identity = createOAuthServer(settings, log, tokenUrlOf);
	const violations = createViolations(now, notifier.notify);
	const cases = createCases({ settings, identity, violations, log, changed: notifier.notify });
	const webhooks = createWebhooks(settings, log, closing.signal, notifier.notify);
	const notifications = createNotifications({ settings, webhooks, now });
	const agent = createAgent({ settings, conversations, attachments, notifications });
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
		started: (conversation) => void notifications.started(conversation, 'start'),
		received: notifications.echo,
		ended(conversation) {
			if (current.notifyApiEnd) void notifications.ended(conversation);
		},
	});
	await app.register(identity.routes, { prefix: '/id' });
	await app.register(api, { prefix: '/api' });
	await app.register(cases.routes, { prefix: '/api' });
	await app.register(
		attachmentsApi({
			...{ settings, identity, attachments, storage, violations, log },
			base: () => `${url}/api`,
		}),
		{ prefix: '/api' },
	);
	const control = { agent, settings, configure };
	await app.register(agentApi({ ...control, conversations, log }), { prefix: '/agent/api' });
	await app.register(
		desk({
			...control,
			conversations,
			attachments,
			cases,
			webhooks,
			files,
			log,
			changes: notifier,
		}),
		{ prefix: '/desk' },
	);

	async function shutDown() {
		closing.abort(new Error('the Talkdesk simulator was closed'));
		notifier.close();
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
			return tokenUrlOf(current.account);
		},
		apiBaseUrl: `${url}/api`,
		agentApiUrl: `${url}/agent/api`,
		deskUrl: `${url}/desk`,
		storageUrl: storage.url,
		agent,
		log: log.entries,
		configure,
		expireTokens: identity.expireAll,
		deliver: webhooks.deliver,
		conversations: () => conversations.all().map(snapshot),
		conversation(id) {
			const found = conversations.get(id);
			return found && snapshot(found);
		},
		transcripts: () =>
			conversations.all().map(({ id: conversationId, messages }) =>
				snapshot({
					conversationId,
					customer: messages.filter(({ from }) => from === 'customer'),
					events: webhooks.dispatched(conversationId),
				}),
			),
		attachments: () => attachments.all().map((attachment) => snapshot(attachmentInfo(attachment))),
		attachment(id) {
			const found = attachments.get(id);
			return found && snapshot(attachmentInfo(found));
		},
		attachmentContent(id) {
			const found = attachments.get(id);
			if (!found) throw new TypeError(`There is no attachment ${id}`);
			return files.read(found.file);
		},
		cases: () => cases.all().map(snapshot),
		counts() {
			const all = conversations.all();
			const messages = all.flatMap((conversation) => conversation.messages);
			return {
				tokensIssued: identity.issued(),
				conversationsStarted: all.filter(({ startedBy }) => startedBy).length,
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
		waitFor: notifier.waitFor,
		format: formatEntry,
		close: () => (closed ??= shutDown()),
	};
}
