import http from 'node:http';

/** A proxy in front of n8n's webhooks, which loses answers and breaks down on demand. */
export interface UnreliableProxy {
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

/** Starts the proxy. */
export async function startUnreliableProxy(): Promise<UnreliableProxy> {
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
