import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import axios, { type AxiosResponse, type Method } from 'axios';
import { events } from './contract.mts';
import type { Integration, Settings } from './options.mts';
import { writePayload, type DomainEvent } from './payloads.mts';
import { createDispatcher, type DispatchedEvent } from './dispatcher.mts';
import { createRateLimiter, withDeadline } from './timer.mts';
import { createWebhookTokens } from './webhook-tokens.mts';
import type { WireLog } from './wire-log.mts';

/** The outcome of one webhook call. */
export interface Delivery {
	event: string;
	/** null: the touchpoint has no integration, so there was no call. */
	url: string | null;
	/** null: there was no response. */
	status: number | null;
	ms: number;
	/** A 2xx with JSON, in time. */
	ok: boolean;
	/** Why it is not ok. */
	error?: string;
	/** The following calls with the same bytes: see `webhookFaults` and `redeliver`. Left out if there were none. */
	repeats?: Delivery[];
}

/** Deviations of a single call from the integration. */
export interface DeliverOptions {
	/** They override the usual ones; null removes one. */
	headers?: Record<string, string | null>;
	/** POST by default. */
	method?: Method;
	/** The relative path, instead of that of the event's action. */
	path?: string;
}

export interface Webhooks {
	/**
	 * Dispatches an event to a touchpoint's integration. Calls of one conversation are sequential.
	 *
	 * @returns the outcome of the first call, once all calls for it are over; never rejects
	 */
	dispatch(touchpointId: string, domainEvent: DomainEvent): Promise<Delivery>;
	/** The dispatched events of a conversation, in order. */
	dispatched(conversationId: string): DispatchedEvent[];
	/** See `TalkdeskSimulator.deliver`. */
	deliver(
		touchpointId: string,
		event: string,
		body: unknown,
		options?: DeliverOptions,
	): Promise<Delivery>;
	/** The tokens of integrations, for the log to mask. */
	secrets(): string[];
	/** Resolves when no call is pending. */
	idle(): Promise<void>;
}

type Answer = Pick<Delivery, 'status' | 'ok' | 'error'>;

/** An HTTP request; shared with the token requests of the oAuth2 authentication. */
interface Request {
	url: string;
	method: Method;
	headers: Record<string, string>;
	data: Buffer;
}
export type Send = (request: Request, signal: AbortSignal) => Promise<AxiosResponse<string>>;

/**
 * Creates the part of Talkdesk that calls n8n.
 *
 * Limits as documented for Talkdesk Connections (docs/what-connections-supports, docs/configuring-a-custom-action): the
 * response must be JSON, within the integration's timeout; 50 calls per second and account. A failed call is not repeated,
 * except with the option `redeliver`, which Talkdesk doesn't document.
 *
 * @param closing aborts everything that is pending
 * @param changed is called when the dispatched events have changed
 */
export function createWebhooks(
	settings: () => Settings,
	log: WireLog,
	closing: AbortSignal,
	changed: () => void,
): Webhooks {
	const gate = createRateLimiter(50, 1000, () => settings().timer);
	const tokens = createWebhookTokens(settings, log, send);
	const dispatcher = createDispatcher(settings, closing, changed);
	const pending = new Set<Promise<Delivery>>();

	async function call(
		integration: Integration | undefined,
		event: string,
		body: Buffer,
		{ method = 'POST', headers = {}, path }: DeliverOptions,
		conversationId?: string,
	): Promise<Delivery> {
		if (!integration) {
			const error = 'the touchpoint has no integration';
			return { event, url: null, status: null, ms: 0, ok: false, error };
		}
		const { timer } = settings();
		const url = integration.basePath.replace(/\/+$/, '') + (path ?? pathOf(integration, event));
		let begun = timer.now();
		const answer = await attempt(async () => {
			await gate.acquire(closing);
			const authorization = await tokens.authorization(integration, headers, closing);
			begun = timer.now();
			const all = { 'content-type': 'application/json', ...authorization, ...lowerCase(headers) };
			const request = { url, method, data: body, headers: withoutNull(all) };
			const { timeoutSeconds } = integration;
			const late = `no answer within ${timeoutSeconds} s`;
			return withDeadline({ ms: timeoutSeconds * 1000, timer, closing, late }, (signal) =>
				send(request, signal),
			);
		});
		const delivery = { event, url, ms: timer.now() - begun, ...answer };
		log.add({
			direction: 'out',
			what: `${method} ${url.split('?')[0] ?? ''}`,
			status: delivery.status,
			ms: delivery.ms,
			...(conversationId === undefined ? {} : { conversationId }),
			summary: delivery.ok ? event : `${event} failed: ${delivery.error ?? ''}`,
		});
		return delivery;
	}

	/** Tracks a call until it is over. A delivery never rejects. */
	function track(work: Promise<Delivery>): Promise<Delivery> {
		pending.add(work);
		void work.then(() => pending.delete(work));
		return work;
	}

	return {
		dispatch(touchpointId, domainEvent) {
			const { conversationId, event } = domainEvent;
			const { payloadForm } = settings();
			const body = Buffer.from(JSON.stringify(writePayload(payloadForm, domainEvent)));
			const once = () =>
				call(integrationOf(settings(), touchpointId), event, body, {}, conversationId);
			return track(dispatcher.dispatch(touchpointId, domainEvent, once));
		},
		dispatched: dispatcher.dispatched,
		async deliver(touchpointId, event, body, options = {}) {
			if (!settings().touchpoints.some(({ id }) => id === touchpointId)) {
				throw new TypeError(`There is no touchpoint ${touchpointId}`);
			}
			const integration = integrationOf(settings(), touchpointId);
			return track(call(integration, event, toBytes(body), options));
		},
		secrets: tokens.secrets,
		async idle() {
			await Promise.all(pending);
		},
	};
}

async function send(request: Request, signal: AbortSignal): Promise<AxiosResponse<string>> {
	return axios.request<string>({
		...request,
		headers: { 'user-agent': 'local-talkdesk', ...request.headers },
		signal,
		// The raw response: it is checked here. The body is a Buffer, which axios doesn't transform.
		transformResponse: [(data: unknown) => data],
		responseType: 'text',
		validateStatus: () => true,
		maxRedirects: 0,
		proxy: false,
		// One socket per call, so that none stays open after it.
		httpAgent: new Agent({ keepAlive: false }),
		httpsAgent: new SecureAgent({ keepAlive: false }),
	});
}

async function attempt(work: () => Promise<AxiosResponse<string>>): Promise<Answer> {
	try {
		const { status, headers, data } = await work();
		if (status < 200 || status > 299) return { status, ok: false, error: `status ${status}` };
		const declared = /^application\/(.+\+)?json\b/i.test(String(headers['content-type'] ?? ''));
		if (!declared || !isJson(data)) return { status, ok: false, error: 'the answer is not JSON' };
		return { status, ok: true };
	} catch (error) {
		return { status: null, ok: false, error: reasonOf(error) };
	}
}

/** A host with two addresses fails with an AggregateError, which has a code and no message. */
function reasonOf(error: unknown): string {
	const code = axios.isAxiosError(error) ? error.code : undefined;
	return (error instanceof Error && error.message) || code || 'the call failed';
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

function integrationOf({ touchpoints }: Settings, touchpointId: string): Integration | undefined {
	return touchpoints.find(({ id }) => id === touchpointId)?.integration;
}

function pathOf({ paths }: Integration, event: string): string {
	const name = events.find((known) => known === event);
	return name ? paths[name] : `/${event}`;
}

function toBytes(body: unknown): Buffer {
	if (Buffer.isBuffer(body)) return body;
	return Buffer.from(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''));
}

function lowerCase<T>(headers: Record<string, T>): Record<string, T> {
	return Object.fromEntries(Object.entries(headers).map(([name, v]) => [name.toLowerCase(), v]));
}

function withoutNull(headers: Record<string, string | null>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
	);
}
