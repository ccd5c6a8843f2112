import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import axios, { type AxiosResponse, type Method } from 'axios';
import { events } from './contract.mts';
import type { Integration, Settings } from './options.mts';
import { writePayload, type Happening } from './payloads.mts';
import { createTelling, type Told } from './dispatcher.mts';
import { createRateGate, withDeadline } from './timer.mts';
import { createWebhookTokens } from './webhook-tokens.mts';
import type { WireLog } from './wire-log.mts';

/** How one call to an integration's action went. */
export interface Delivery {
	event: string;
	/** null: the touchpoint has no integration, so nobody was called. */
	url: string | null;
	/** null: there was no answer. */
	status: number | null;
	ms: number;
	/** A 2xx with a JSON answer, in time. */
	ok: boolean;
	/** Why it is not ok. */
	error?: string;
	/** The calls of the same bytes that followed: see `webhookFaults` and `redeliver`. Left out when there were none. */
	repeats?: Delivery[];
}

/** What a raw delivery may have in another way than the integration says. */
export interface RawOptions {
	/** Put over the usual ones; null takes one away. */
	headers?: Record<string, string | null>;
	/** POST by default. */
	method?: Method;
	/** The relative path, instead of the one of the event's action. */
	path?: string;
}

export interface Webhooks {
	/**
	 * Tells a touchpoint's integration what happened. Calls of one conversation go one after the other.
	 *
	 * @returns how the first call went, once all calls for it are over; never rejects
	 */
	tell(touchpointId: string, happening: Happening): Promise<Delivery>;
	/** What was told about a conversation, in the order in which it happened. */
	told(conversationId: string): Told[];
	/** See `LocalTalkdesk.deliver`. */
	raw(touchpointId: string, event: string, body: unknown, options?: RawOptions): Promise<Delivery>;
	/** The tokens that integrations gave us, for the log to mask. */
	secrets(): string[];
	/** Resolves when no call is under way any more. */
	idle(): Promise<void>;
}

type Answer = Pick<Delivery, 'status' | 'ok' | 'error'>;

/** How one HTTP request is sent; shared with the token requests of the oAuth2 authentication. */
interface Request {
	url: string;
	method: Method;
	headers: Record<string, string>;
	data: Buffer;
}
export type Send = (request: Request, signal: AbortSignal) => Promise<AxiosResponse<string>>;

/**
 * Makes the part of Talkdesk that calls n8n.
 *
 * Limits as documented for Talkdesk Connections (docs/what-connections-supports, docs/configuring-a-custom-action): the
 * answer must be JSON, within the integration's timeout; 50 calls per second and account. A failed call is not repeated, but
 * for the option `redeliver`, which plays what Talkdesk doesn't document.
 *
 * @param closing aborts everything under way
 * @param changed is called when what was told has changed
 */
export function createWebhooks(
	settings: () => Settings,
	log: WireLog,
	closing: AbortSignal,
	changed: () => void,
): Webhooks {
	const gate = createRateGate(50, 1000, () => settings().timer);
	const tokens = createWebhookTokens(settings, log, send);
	const telling = createTelling(settings, closing, changed);
	const underWay = new Set<Promise<Delivery>>();

	async function call(
		integration: Integration | undefined,
		event: string,
		body: Buffer,
		{ method = 'POST', headers = {}, path }: RawOptions,
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
			await gate.pass(closing);
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

	/** Remembers a call until it is over. A delivery never rejects, so there is nothing to catch. */
	function track(work: Promise<Delivery>): Promise<Delivery> {
		underWay.add(work);
		void work.then(() => underWay.delete(work));
		return work;
	}

	return {
		tell(touchpointId, happening) {
			const { conversationId, event } = happening;
			const { payloadForm } = settings();
			const body = Buffer.from(JSON.stringify(writePayload(payloadForm, happening)));
			const once = () =>
				call(integrationOf(settings(), touchpointId), event, body, {}, conversationId);
			return track(telling.tell(touchpointId, happening, once));
		},
		told: telling.told,
		async raw(touchpointId, event, body, options = {}) {
			if (!settings().touchpoints.some(({ id }) => id === touchpointId)) {
				throw new TypeError(`There is no touchpoint ${touchpointId}`);
			}
			const integration = integrationOf(settings(), touchpointId);
			return track(call(integration, event, toBytes(body), options));
		},
		secrets: tokens.secrets,
		async idle() {
			await Promise.all(underWay);
		},
	};
}

async function send(request: Request, signal: AbortSignal): Promise<AxiosResponse<string>> {
	return axios.request<string>({
		...request,
		headers: { 'user-agent': 'local-talkdesk', ...request.headers },
		signal,
		// The answer as it is: it is judged here. The body is a Buffer, which axios leaves alone.
		transformResponse: [(data: unknown) => data],
		responseType: 'text',
		validateStatus: () => true,
		maxRedirects: 0,
		proxy: false,
		// One socket per call, so that none is left open after it.
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
