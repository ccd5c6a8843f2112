import { agentApi } from './agent-api.mts';
import { createAgent } from './agents.mts';
import { createAnswers } from './answers.mts';
import { attachmentsApi } from './attachments-api.mts';
import { createAttachments, attachmentInfo } from './attachments.mts';
import { createCases } from './cases.mts';
import { createChangeNotifier } from './change-notifier.mts';
import { createConversations } from './conversations.mts';
import { desk } from './agent-desk-server.mts';
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
import { snapshot } from './frozen-copy.mts';
import { createStorage } from './storage.mts';
import type { TalkdeskSimulator } from './talkdesk-simulator.mts';
import { createViolations } from './violations.mts';
import { createWebhooks } from './webhooks.mts';
import { createWireLog, formatEntry, type WireLog } from './wire-log.mts';

export type { Agent, AgentFile } from './agents.mts';
export type { Answered, OddAnswer } from './answers.mts';
export type { AttachmentInfo } from './attachments.mts';
export type { Case } from './cases.mts';
export type { Conversation, Message } from './conversations.mts';
export type { Fault, FaultKind, FaultRequest } from './fault-kinds.mts';
export type { SettingChanges, SimulatorOptions } from './options.mts';
export { ApiError } from './errors.mts';
export type { Frozen } from './frozen-copy.mts';
export type { DispatchedEvent, WebhookCall, WebhookFault } from './dispatcher.mts';
export type { ConversationTranscript, Counts, TalkdeskSimulator } from './talkdesk-simulator.mts';
export type { Timer } from './timer.mts';
export type { Violation } from './violations.mts';
export type { Delivery } from './webhooks.mts';
export type { LogEntry } from './wire-log.mts';

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
