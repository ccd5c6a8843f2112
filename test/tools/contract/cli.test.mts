import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { createSigningClient } from '../../simulator/credential.mts';
import type { SimulatorOptions, TalkdeskSimulator } from '../../simulator/simulator.mts';
import { CANARIES, leftIn, settingsFor, startContractSimulator } from './contract-fixtures.mts';

// Each runs the whole check, some hundred requests.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'contract-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

function environmentFor(talkdesk: TalkdeskSimulator): NodeJS.ProcessEnv {
	const { tokenUrl, apiBaseUrl } = settingsFor(talkdesk);
	return {
		TALKDESK_REGION: 'custom',
		TALKDESK_TOKEN_URL: tokenUrl,
		TALKDESK_API_BASE_URL: apiBaseUrl,
		TALKDESK_CLIENT_ID: CANARIES.id,
		TALKDESK_CLIENT_SECRET: CANARIES.secret,
		TALKDESK_TOUCHPOINT_ID: CANARIES.touchpoint,
	};
}

/** Runs the program in a folder of its own, and streams its output. */
function run(args: string[], env: NodeJS.ProcessEnv = {}) {
	const program = path.join(__dirname, 'contract.mts');
	const child = spawn(
		process.execPath,
		['--import', require.resolve('tsx'), program, ...args],
		// Without the variables of whoever runs the tests.
		{ cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env } },
	);
	const output = { text: '' };
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', (chunk: Buffer) => (output.text += chunk.toString()));
	}
	const exit = new Promise<number | null>((ended) => child.on('close', ended));
	return { child, output, exit };
}

const withTalkdesk = async (
	options: SimulatorOptions,
	work: (talkdesk: TalkdeskSimulator, secrets: Set<string>) => Promise<void>,
) => {
	const { talkdesk, secrets } = await startContractSimulator(options);
	try {
		await work(talkdesk, secrets);
	} finally {
		await talkdesk.close();
	}
};

test('reports what did not hold, on the screen and in a file, without secrets', async () => {
	await withTalkdesk({ endedStatus: 410 }, async (talkdesk, secrets) => {
		const { output, exit } = run(['--email', CANARIES.email], environmentFor(talkdesk));
		expect(await exit).toBe(1);
		const file = fs.readFileSync(path.join(folder, 'talkdesk-contract.md'), 'utf8');
		expect(output.text).toContain('not held  send.ended-status');
		expect(file).toContain('| not held | `send.ended-status` |');
		expect(secrets.size).toBeGreaterThan(7);
		for (const secret of secrets) expect(`${output.text}${file}`).not.toContain(secret);
		expect(leftIn(talkdesk)).toEqual([]);
	});
}, 60_000);

test('takes the credential from a file, and writes JSON', async () => {
	await withTalkdesk({}, async (talkdesk) => {
		const credential = path.join(folder, 'credential.json');
		fs.writeFileSync(
			credential,
			JSON.stringify({
				...settingsFor(talkdesk),
				clientSecret: CANARIES.secret,
				region: 'custom',
			}),
		);
		const { exit } = run(['--credentials', credential, '--output', 'report.json']);
		expect(await exit).toBe(0);
		const report: unknown = JSON.parse(fs.readFileSync(path.join(folder, 'report.json'), 'utf8'));
		expect(report).toMatchObject({ findings: expect.arrayContaining([]), region: 'custom' });
		expect(JSON.stringify(report)).not.toContain('"not held"');
	});
}, 60_000);

test('works with a private key, of which nothing is shown', async () => {
	const { client, fields } = createSigningClient({ id: CANARIES.id, keyId: 'canary-key' });
	await withTalkdesk({ clients: [client] }, async (talkdesk) => {
		const { TALKDESK_CLIENT_SECRET: _none, ...environment } = environmentFor(talkdesk);
		const { output, exit } = run([], {
			...environment,
			TALKDESK_KEY_ID: fields.keyId,
			TALKDESK_PRIVATE_KEY: fields.privateKey,
		});
		expect(await exit).toBe(0);
		const file = fs.readFileSync(path.join(folder, 'talkdesk-contract.md'), 'utf8');
		for (const secret of [fields.privateKey, fields.keyId, 'eyJ']) {
			expect(`${output.text}${file}`).not.toContain(secret);
		}
		expect(leftIn(talkdesk)).toEqual([]);
	});
});

test('ends with Ctrl-C, and removes what it has made', async () => {
	await withTalkdesk({ latencyMs: () => 100 }, async (talkdesk, secrets) => {
		const { child, output, exit } = run([], environmentFor(talkdesk));
		await talkdesk.waitFor(() => talkdesk.attachments().length > 0, {
			what: 'an attachment',
			timeoutMs: 30_000,
		});
		expect(leftIn(talkdesk).length).toBeGreaterThan(2);
		child.kill('SIGINT');
		expect(await exit).toBe(130);
		expect(leftIn(talkdesk)).toEqual([]);
		expect(talkdesk.attachments()).toEqual([]);
		expect(fs.readdirSync(folder)).toEqual([]);
		for (const secret of secrets) expect(output.text).not.toContain(secret);
	});
}, 60_000);

test('ends with Ctrl-C in the middle of a start', async () => {
	await withTalkdesk({ latencyMs: () => 300 }, async (talkdesk) => {
		const { child, exit } = run([], environmentFor(talkdesk));
		await talkdesk.waitFor(() => talkdesk.counts().tokensIssued > 1, {
			what: 'the tokens',
			timeoutMs: 30_000,
		});
		// The requests up to the first conversation take 300 ms each.
		await talkdesk.waitFor(
			() => talkdesk.log.filter(({ what }) => what.endsWith('/conversations')).length >= 5,
			{
				what: 'the starts that are refused',
				timeoutMs: 30_000,
			},
		);
		await sleep(100);
		child.kill('SIGINT');
		expect(await exit).toBe(130);
		expect(talkdesk.conversations()).toHaveLength(1);
		expect(leftIn(talkdesk)).toEqual([]);
	});
}, 60_000);

test('goes through the steps at the desk, and is done when the calls have come', async () => {
	await withTalkdesk({}, async (talkdesk) => {
		const { child, output, exit } = run(
			['--listen', 'https://example.com/hooks', '--port', '0', '--step', '20', '--settle', '0.05'],
			environmentFor(talkdesk),
		);
		const shows = async (text: string) =>
			await new Promise<void>((resolve) => {
				const look = () => output.text.includes(text) && resolve();
				child.stdout.on('data', look);
				look();
			});
		await shows('base path       https://example.com/hooks');
		const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(output.text)?.[1] ?? '';
		const basePath = `http://127.0.0.1:${port}/hooks`;
		talkdesk.configure({ touchpoints: [{ id: CANARIES.touchpoint, integration: { basePath } }] });
		child.stdin.write('\n');
		await shows('Step accept');
		const id = talkdesk.conversations().at(-1)?.id ?? '';
		await talkdesk.agent.join(id, { name: 'Grace' });
		await shows('Step answer');
		await talkdesk.agent.say(id, 'Hello');
		for (const step of ['file', 'transfer']) {
			await shows(`Step ${step}`);
			child.stdin.write('s\n');
		}
		await shows('Step end');
		await talkdesk.agent.end(id);
		for (const step of ['reopen', 'open']) {
			await shows(`Step ${step}`);
			child.stdin.write('s\n');
		}
		expect(await exit).toBe(0);
		expect(output.text).toMatch(/held +call\.ended:/);
		expect(output.text).toMatch(/unclear +call\.file:/);
		expect(leftIn(talkdesk)).toEqual([]);
	});
}, 60_000);

test.each([
	['no credential', [], /Enter the 'Client ID'/],
	['a file that isn’t there', ['--credentials', 'nothing.json'], /nothing\.json/],
	['an unknown option', ['--secret', 'canary'], /--secret/],
	['a port that is none', ['--port', 'x'], /--port/],
])(
	'says what is wrong: %s',
	async (_what, args, problem) => {
		const { output, exit } = run(args);
		expect(await exit).toBe(2);
		expect(output.text).toMatch(problem);
	},
	30_000,
);

test('--help says what it does', async () => {
	const { output, exit } = run(['--help']);
	expect(await exit).toBe(0);
	expect(output.text).toContain('TALKDESK_CLIENT_SECRET');
	expect(output.text).toContain('--listen');
}, 30_000);
