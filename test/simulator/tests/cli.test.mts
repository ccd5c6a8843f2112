import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cleanUp, receiver, request } from './testing.mts';

afterEach(cleanUp);

/** Runs the program, and streams its output. */
function run(...options: string[]) {
	const child = spawn(process.execPath, [
		'--import',
		'tsx',
		join(__dirname, '../cli.mts'),
		...options,
	]);
	const output = { text: '' };
	child.stdout.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
	child.stderr.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
	const exit = new Promise((ended) => child.on('exit', (code, signal) => ended(code ?? signal)));
	const shows = (text: string | RegExp) =>
		new Promise<RegExpMatchArray>((seen, failed) => {
			const look = () => {
				const found = output.text.match(text);
				if (found) seen(found);
			};
			child.stdout.on('data', look);
			child.on('exit', () => failed(new Error(output.text)));
			look();
		});
	return { child, output, exit, shows };
}

test('shows the fields of the credential, streams the log, and ends with Ctrl-C', async () => {
	const n8n = await receiver();
	const { child, output, exit, shows } = run(
		...['--port', '0', '--webhook', n8n.url, '--api-key', 'key-of-n8n'],
	);
	const [, url = ''] = await shows(/Token URL +(http:\S+)\/id\/acme\/oauth\/token/);
	await shows('Ctrl-C');
	for (const text of [`${url}/api`, 'local-client', 'local-secret', 'local-touchpoint']) {
		expect(output.text).toContain(text);
	}
	await request('POST', `${url}/api/digital-connect/conversations`, {});
	await shows(/→ {2}401 .*POST \/api\/digital-connect\/conversations/);
	expect(output.text).not.toContain('key-of-n8n');
	child.kill('SIGINT');
	expect(await exit).toBe(0);
}, 30_000);

test('makes requests fail', async () => {
	const { child, exit, shows } = run('--port', '0', '--fault-rate', '1', '--fault-seed', '7');
	const [, url = ''] = await shows(/API base URL +(http:\S+)/);
	await request('POST', `${url}/digital-connect/conversations`, {}).catch(() => undefined);
	await shows(/POST \/api\/digital-connect\/conversations +\[fault: \w+/);
	child.kill('SIGINT');
	expect(await exit).toBe(0);
}, 30_000);

test('applies --hard and --odd', async () => {
	const { child, exit, shows } = run('--port', '0', '--hard', '--odd', 'token=scopeList');
	const [, url = ''] = await shows(/Token URL +(http:\S+)/);
	const authorization = `Basic ${Buffer.from('local-client:local-secret').toString('base64')}`;
	const { data } = await request('POST', url, 'grant_type=client_credentials', {
		...{ 'content-type': 'application/x-www-form-urlencoded', authorization },
	});
	const scope = expect.arrayContaining(['digital-connect:write']);
	expect(data).toMatchObject({ scope, access_token: expect.stringMatching(/^eyJ/) });
	child.kill('SIGINT');
	expect(await exit).toBe(0);
}, 30_000);

test('applies --started and --echo', async () => {
	const { child, exit, shows } = run('--port', '0', '--started', 'never', '--echo', 'GUEST');
	const [, url = ''] = await shows(/Its HTTP API: (http:\S+)\/conversations/);
	expect((await request('GET', `${url}/readings`)).data).toEqual({
		conversationStarted: 'never',
		echoAuthors: [{ type: 'GUEST' }],
	});
	child.kill('SIGINT');
	expect(await exit).toBe(0);
}, 30_000);

test.each([
	['--port', 'abc'],
	['--api-key', 'without-webhook'],
	['--nonsense'],
	['--fault-rate', '1.1'],
	['--fault-rate', '1', '--fault-seed', 'x'],
	['--fault-seed', '1'],
	['--odd', 'send=nonsense'],
	['--odd', 'nonsense'],
	['--started', 'sometimes'],
	['--echo', ''],
])(
	'rejects %s %s',
	async (...options) => {
		const { exit, output } = run(...options);
		expect(await exit).toBe(1);
		expect(output.text.trim().split('\n')).toHaveLength(1);
	},
	30_000,
);
