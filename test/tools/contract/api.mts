import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { z } from 'zod';

import type { TalkdeskSettings } from '../../../nodes/Talkdesk/api/settings';
import { tokenRequest } from '../../../nodes/Talkdesk/api/token';
import { parseJson } from '../../../nodes/Talkdesk/text/json';

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 3;
/** Busy, or a gateway that speaks for Talkdesk: no answer to judge. */
const REPEATED = [429, 502, 503, 504];
/** Without `Retry-After`. */
const WAIT_MS = 2_000;
const MAX_WAIT_MS = 30_000;

/** An answer as it came. */
export interface Answer {
	status: number;
	/** The parsed JSON; a text that is none; undefined if there is no body. */
	body: unknown;
	contentType?: string;
}

/** The check was interrupted, so that no further request is sent. */
export class Interrupted extends Error {}
/** A request had no answer. */
class NoAnswer extends Error {}

interface RequestOptions {
	body?: object;
	/** Sent as `x-idempotency-key`. */
	key?: string;
	/** Instead of the current token. */
	token?: string;
	query?: Record<string, string | number>;
}

/** Sends requests and gives raw answers, whatever their status. */
export interface RawApi {
	/** Fetches a token. With `scope`, one that has no other scope; it isn't used for later calls. */
	fetchToken(scope?: string): Promise<Answer>;
	/** Sends a request to the API. A 401 renews the token once. */
	call(method: string, path: string, options?: RequestOptions): Promise<Answer>;
	/** Sends a request to a signed link, without a token. */
	storage(
		method: 'GET' | 'PUT',
		url: string,
		options?: { data?: Buffer; type?: string },
	): Promise<Answer>;
	/** Everything secret that was sent or received so far. */
	secrets(): string[];
	/** Lets requests through after an interruption. */
	allowCleanup(): void;
}

const headersSchema = z.object({ Authorization: z.string().optional() });

const tokenSchema = z.object({ access_token: z.string().min(1) });

/**
 * Creates a client that reports answers instead of judging them.
 *
 * @param signal aborted: no further request is sent; one that is under way ends first, so that what it made is known
 */
export function createApi(settings: TalkdeskSettings, signal: AbortSignal): RawApi {
	const { authentication } = settings;
	const secrets = new Set(authentication.type === 'secret' ? [authentication.clientSecret] : []);
	let token = '';
	let isCleaningUp = false;

	async function send(
		method: string,
		url: string,
		headers: Record<string, string | false>,
		data?: string | Buffer,
	): Promise<Answer> {
		for (let attempt = 1; ; attempt++) {
			if (signal.aborted && !isCleaningUp) throw new Interrupted();
			const response = await axios
				.request<string>({
					...{ method, url, headers, data },
					...{ timeout: TIMEOUT_MS, maxRedirects: 0, responseType: 'text' },
					transformRequest: [(body: unknown) => body],
					transformResponse: [(body: unknown) => body],
					validateStatus: () => true,
				})
				.catch((error: unknown) => {
					const code = axios.isAxiosError(error) ? error.code : undefined;
					throw new NoAnswer(`no answer (${code ?? 'unknown'})`);
				});
			const { status } = response;
			if (REPEATED.includes(status)) {
				if (attempt === ATTEMPTS) throw new NoAnswer(`no answer (HTTP ${status})`);
				const seconds = Number(response.headers['retry-after']);
				const wait = Number.isFinite(seconds) ? seconds * 1000 : WAIT_MS * attempt;
				await sleep(Math.min(wait, MAX_WAIT_MS), undefined, isCleaningUp ? {} : { signal });
				continue;
			}
			const text = response.data;
			const contentType: unknown = response.headers['content-type'];
			return {
				status,
				body: text ? (parseJson(text) ?? text) : undefined,
				...(typeof contentType === 'string' && {
					contentType: contentType.split(';')[0] ?? '',
				}),
			};
		}
	}

	async function fetchToken(scope?: string) {
		const { method, url, headers, body } = tokenRequest(settings);
		// The client's secret in another form, or its assertion.
		const { Authorization: basic = '' } = headersSchema.parse(headers);
		const assertion = new URLSearchParams(body).get('client_assertion') ?? '';
		for (const value of [basic.slice('Basic '.length), assertion]) if (value) secrets.add(value);
		const form = scope === undefined ? body : `${body}&scope=${encodeURIComponent(scope)}`;
		const answer = await send(method, url, headers, form);
		const parsed = tokenSchema.safeParse(answer.body);
		if (parsed.success) {
			secrets.add(parsed.data.access_token);
			if (scope === undefined) token = parsed.data.access_token;
		}
		return answer;
	}

	return {
		fetchToken,
		async call(method, path, { body, key, token: given, query = {} } = {}) {
			const url = new URL(settings.apiBaseUrl + path);
			for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
			const data = body && JSON.stringify(body);
			const sendOnce = async () =>
				await send(
					method,
					url.href,
					{
						Authorization: `Bearer ${given ?? token}`,
						Accept: 'application/json',
						'Content-Type': data === undefined ? false : 'application/json',
						...(key !== undefined && { 'x-idempotency-key': key }),
					},
					data,
				);
			const answer = await sendOnce();
			if (answer.status !== 401 || given !== undefined) return answer;
			await fetchToken();
			return await sendOnce();
		},
		async storage(method, url, { data, type } = {}) {
			for (const value of new URL(url).searchParams.values()) secrets.add(value);
			return await send(method, url, { 'Content-Type': type ?? false }, data);
		},
		secrets: () => [...secrets],
		allowCleanup() {
			isCleaningUp = true;
		},
	};
}
