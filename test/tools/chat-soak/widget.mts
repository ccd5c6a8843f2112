import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import { createChangeNotifier, type ChangeNotifier } from '../../simulator/change-notifier.mts';

const HEARTBEAT = 'n8n|heartbeat';
const CONTINUE = 'n8n|continue';

const startedSchema = z.object({
	executionStarted: z.literal(true),
	executionId: z.string(),
	resumeToken: z.string().optional(),
});

/** A text that the chat has shown. */
interface ShownText {
	text: string;
	/** Milliseconds since 1970. */
	at: number;
}

/** n8n's hosted chat as its page has it, without the page. */
export interface ChatWidget {
	/** What the customer has read, oldest first. */
	readonly shown: readonly ShownText[];
	/** The executions that the page has begun. */
	readonly executionIds: readonly string[];
	/** Whether the button *Send* is enabled, once something is typed. */
	isUnlocked(): boolean;
	/** Whether the page is connected to an execution. */
	isConnected(): boolean;
	/**
	 * Sends a message, as the button does: to the execution that waits, or to a new one.
	 *
	 * @throws if it is locked, or n8n refuses the call
	 */
	send(text: string): Promise<void>;
	/** Waits for a state, which is looked at whenever it has changed. @throws on a timeout */
	waitFor: ChangeNotifier['waitFor'];
	close(): void;
}

/**
 * Opens n8n's hosted chat, as the page of `@n8n/chat` 1.37.0 does: it locks and unlocks the input at the same frames, and
 * answers the heartbeat.
 *
 * @param chatUrl of the Chat Trigger
 */
export function openChatWidget(chatUrl: string): ChatWidget {
	const sessionId = randomUUID();
	const shown: ShownText[] = [];
	const executionIds: string[] = [];
	const changes = createChangeNotifier();
	let socket: WebSocket | undefined;
	/** The page shows the dots, and takes nothing. */
	let isWaiting = false;
	/** An execution waits for what the customer writes. */
	let isAsked = false;

	function show(text: string) {
		shown.push({ text, at: Date.now() });
	}

	function connect(executionId: string, token: string | undefined) {
		const url = new URL('/chat', chatUrl.replace(/^http/, 'ws'));
		url.search = new URLSearchParams({
			...{ sessionId, executionId, isPublic: 'true' },
			...(token !== undefined && { token }),
		}).toString();
		const connected = new WebSocket(url);
		socket = connected;
		isWaiting = true;
		connected.onmessage = ({ data }: MessageEvent<unknown>) => {
			if (data === HEARTBEAT) return connected.send('n8n|heartbeat-ack');
			if (data === CONTINUE) {
				isAsked = false;
				isWaiting = true;
			} else {
				show(String(data));
				isAsked = true;
				isWaiting = false;
			}
			changes.notify();
		};
		connected.onclose = () => {
			socket = undefined;
			isAsked = false;
			isWaiting = false;
			changes.notify();
		};
	}

	async function begin(body: { action: string; sessionId: string; chatInput: string }) {
		isWaiting = true;
		try {
			const response = await fetch(chatUrl, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
			});
			const answer: unknown = await response.json();
			const started = startedSchema.safeParse(answer).data;
			if (!started) throw new Error(`n8n answered ${response.status}: ${JSON.stringify(answer)}`);
			executionIds.push(started.executionId);
			connect(started.executionId, started.resumeToken);
		} catch (error) {
			isWaiting = false;
			throw error;
		} finally {
			changes.notify();
		}
	}

	return {
		shown,
		executionIds,
		isUnlocked: () => isAsked || !isWaiting,
		isConnected: () => socket !== undefined,
		async send(chatInput) {
			if (!isAsked && isWaiting) throw new Error('The chat is locked');
			const body = { sessionId, action: 'sendMessage', chatInput };
			if (!socket || !isAsked) return await begin(body);
			socket.send(JSON.stringify(body));
			isWaiting = true;
			isAsked = false;
			changes.notify();
		},
		waitFor: changes.waitFor,
		close() {
			changes.close();
			socket?.close();
		},
	};
}
