import http from 'node:http';
import net from 'node:net';

import type { MalformedCall } from './malformedCalls.mts';

/** A short timeout for XML, as n8n never answers some broken XML. */
const timeoutMs = ({ headers }: MalformedCall) =>
	/xml/.test(headers['Content-Type'] ?? '') ? 3000 : 120_000;

export interface MalformedCallResponse {
	/** The HTTP status, or what happened instead of a response. */
	status: number | 'no answer' | 'connection closed';
	body: string;
}

/** Sends any call. Never rejects. */
export async function sendMalformed(
	basePath: string,
	call: MalformedCall,
	authentication: Record<string, string>,
): Promise<MalformedCallResponse> {
	const url = new URL(`${basePath}${call.action}`);
	return call.bytes === undefined
		? await sendRequest(url, call, {
				...authentication,
				'Content-Length': String(call.body.length),
				...call.headers,
			})
		: await sendBytes(url, call, call.bytes, authentication);
}

async function sendRequest(url: URL, call: MalformedCall, headers: Record<string, string>) {
	return await new Promise<MalformedCallResponse>((resolve) => {
		const request = http.request(
			url,
			{ method: call.method ?? 'POST', headers, agent: false, timeout: timeoutMs(call) },
			(response) => {
				const chunks: Buffer[] = [];
				response.on('data', (chunk: Buffer) => chunks.push(chunk));
				response.on('end', () =>
					resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
				);
				response.on('error', () => resolve({ status: 'connection closed', body: '' }));
			},
		);
		request.on('timeout', () => {
			resolve({ status: 'no answer', body: '' });
			request.destroy();
		});
		request.on('error', () => resolve({ status: 'connection closed', body: '' }));
		request.end(call.body);
	});
}

async function sendBytes(
	url: URL,
	call: MalformedCall,
	bytes: string,
	authentication: Record<string, string>,
) {
	const lines = Object.entries(authentication).map(([name, value]) => `${name}: ${value}\r\n`);
	return await new Promise<MalformedCallResponse>((resolve) => {
		const socket = net.connect(Number(url.port), url.hostname);
		let answer = '';
		socket.setTimeout(timeoutMs(call), () => {
			resolve({ status: 'no answer', body: answer });
			socket.destroy();
		});
		socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
		// A response may be complete before the connection breaks, as n8n stops reading a rejected request. 'close' follows.
		socket.on('error', () => undefined);
		socket.on('close', () => {
			const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
			resolve({ status: status || 'connection closed', body: answer });
		});
		socket.end(bytes.replace('{path}', url.pathname).replace('{auth}', lines.join('')), 'latin1');
	});
}
