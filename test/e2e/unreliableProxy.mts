import http from 'node:http';

import { startWorkflows } from './small-workflows.mts';

/** A proxy in front of n8n's webhooks, which loses answers and breaks down on demand. */
interface UnreliableProxy {
	url: string;
	/** n8n's own URL. */
	target: string;
	/** How many of the next calls to waiting executions that were accepted get no answer. */
	loseAnswers: number;
	/** The answers that were lost. */
	lost: string[];
	/** Whether it answers each call with 502. */
	isDown: boolean;
	close(): void;
}

async function startUnreliableProxy(): Promise<UnreliableProxy> {
	const server = http.createServer((request, response) => {
		if (proxy.isDown) {
			response.writeHead(502).end();
			return;
		}
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			void forward(request, Buffer.concat(chunks)).then(
				({ status, text }) => {
					const isAccepted = status === 200 && text.includes('"accepted":true');
					if (proxy.loseAnswers > 0 && isAccepted) {
						proxy.loseAnswers--;
						proxy.lost.push(text);
						request.socket.destroy();
						return;
					}
					response.writeHead(status, { 'content-type': 'application/json' });
					response.end(text);
				},
				() => request.socket.destroy(),
			);
		});
	});
	const forward = async ({ method, url = '' }: http.IncomingMessage, body: Buffer) => {
		const answer = await fetch(`${proxy.target}${url}`, {
			method,
			headers: { 'content-type': 'application/json' },
			body: new Uint8Array(body),
		});
		return { status: answer.status, text: await answer.text() };
	};
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	const proxy: UnreliableProxy = {
		url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
		target: '',
		loseAnswers: 0,
		lost: [],
		isDown: false,
		close: () => {
			server.closeAllConnections();
			server.close();
		},
	};
	return proxy;
}

export type WorkflowsBehindProxy = Awaited<ReturnType<typeof startWorkflowsBehindProxy>>;

/** Starts n8n for small workflows, whose webhook URL is the proxy's. @param environment its own variables */
export async function startWorkflowsBehindProxy(environment: Record<string, string> = {}) {
	const proxy = await startUnreliableProxy();
	const n8nEnv = {
		N8N_WEBHOOK_URL: `${proxy.url}/`,
		WEBHOOK_URL: `${proxy.url}/`,
		...environment,
	};
	const n8n = await startWorkflows({ n8nEnv }).catch((error: unknown) => {
		proxy.close();
		throw error;
	});
	proxy.target = n8n.environment.n8n.url;
	let sessions = 0;
	const lastSession = () => `session ${sessions}`;
	return {
		...n8n,
		proxy,
		/** Calls a webhook whose workflow starts a conversation for a session of its own, and lets an agent join. @returns the conversation's ID */
		async startBy(path: string) {
			sessions++;
			return await n8n.startBy(path, { sessionId: lastSession() });
		},
		/** The ID of the last one. */
		lastSession,
		async stop() {
			await n8n.stop();
			proxy.close();
		},
	};
}
