import http from 'node:http';
import axios, { type AxiosInstance } from 'axios';
import { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A REST call that n8n rejected, or an invalid response. */
export class N8nRequestError extends Error {
	constructor(
		readonly method: Method,
		readonly path: string,
		/** 0 if there was no response. */
		readonly status: number,
		reason: string,
	) {
		super(`${method} ${path} → ${status || 'no answer'}: ${reason}`);
		this.name = 'N8nRequestError';
	}
}

export interface RequestOptions {
	body?: unknown;
	params?: Record<string, string | number>;
}

const errorSchema = z.object({ message: z.string(), hint: z.string().optional() });
const COOKIE = /^n8n-auth=[^;]+/;

/** What n8n says about a failure, or the start of a page that isn't JSON. */
function reasonOf(data: unknown): string {
	const error = errorSchema.safeParse(data);
	if (error.success) return [error.data.message, error.data.hint].filter(Boolean).join(' – ');
	return (typeof data === 'string' ? data : (JSON.stringify(data) ?? '')).slice(0, 300);
}

/** n8n's REST API as its own editor uses it: JSON, and the cookie of a user. */
export class RestClient {
	private readonly http: AxiosInstance;
	private cookie: string | undefined;

	constructor(baseUrl: string) {
		this.http = axios.create({
			baseURL: baseUrl,
			proxy: false,
			// n8n closes connections that are idle for 5 s, possibly at the moment of the next request.
			httpAgent: new http.Agent({ keepAlive: false }),
			timeout: 60_000,
			validateStatus: () => true,
		});
	}

	/**
	 * Sends a request. A cookie that n8n sets is kept for the next ones.
	 *
	 * @param schema what the whole answer must look like
	 * @throws N8nRequestError with method, path, status, and n8n's message
	 */
	async request<S extends z.ZodTypeAny>(
		method: Method,
		path: string,
		schema: S,
		options: RequestOptions = {},
	): Promise<z.output<S>> {
		const response = await this.http
			.request<unknown>({
				method,
				url: path,
				data: options.body,
				params: options.params,
				headers: this.cookie ? { cookie: this.cookie } : {},
			})
			.catch((error: unknown) => {
				throw new N8nRequestError(method, path, 0, error instanceof Error ? error.message : '');
			});
		for (const header of response.headers['set-cookie'] ?? []) {
			this.cookie = COOKIE.exec(header)?.[0] ?? this.cookie;
		}
		if (response.status >= 400) {
			throw new N8nRequestError(method, path, response.status, reasonOf(response.data));
		}
		return this.read(schema, response.data, method, path);
	}

	/** Like `request`, for the answers of /rest/…, which n8n wraps into `{ data }`. */
	async call<S extends z.ZodTypeAny>(
		method: Method,
		path: string,
		schema: S,
		options: RequestOptions = {},
	): Promise<z.output<S>> {
		const route = `/rest${path}`;
		const envelope = await this.request(method, route, z.object({ data: z.unknown() }), options);
		return this.read(schema, envelope.data, method, route);
	}

	private read<S extends z.ZodTypeAny>(
		schema: S,
		data: unknown,
		method: Method,
		path: string,
	): z.output<S> {
		const parsed: z.SafeParseReturnType<unknown, z.output<S>> = schema.safeParse(data);
		if (parsed.success) return parsed.data;
		const issues = parsed.error.issues
			.slice(0, 3)
			.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
		const reason = `unexpected answer (${issues.join('; ')}): ${reasonOf(data)}`;
		throw new N8nRequestError(method, path, 200, reason);
	}
}
