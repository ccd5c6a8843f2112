/**
 * Supervises one child process, such as n8n or npm, for its own parent process. When the parent ends, for any
 * reason (even `kill -9`), the channel to it closes, and the supervisor ends the child with all its descendants
 * and removes the given folders. Plain JavaScript, so that it starts at once and without a loader.
 *
 * Arguments: a JSON array of folders to remove at the end; another one of folders to remove once they are empty.
 * Messages in:  { type: 'start', command, args, cwd, env, uid?, gid?, stopSignal? } | { type: 'signal', signal } | { type: 'stop' } | { type: 'end' }
 * Messages out: { type: 'started', pid } | { type: 'failed', message } | { type: 'exited', code, signal }
 */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';

const GRACE_MS = 5_000;
const isWindows = process.platform === 'win32';
const folders = JSON.parse(process.argv[2] ?? '[]');
const foldersIfEmpty = JSON.parse(process.argv[3] ?? '[]');

let child;
let finishing = false;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function send(message) {
	if (process.connected) process.send(message, () => {});
}

/** Sends a signal to the child's process group. @returns false if the group is empty */
function signalGroup(pid, signal) {
	try {
		if (isWindows) {
			const force = signal === 'SIGKILL' ? ['/F'] : [];
			return spawnSync('taskkill', ['/pid', String(pid), '/T', ...force]).status === 0;
		}
		process.kill(-pid, signal);
		return true;
	} catch {
		return false;
	}
}

/** Ends the child and its descendants: with the stop signal, and with SIGKILL after a few seconds. */
async function endChild() {
	const ending = child;
	if (ending === undefined) return;
	if (!ending.exited) {
		signalGroup(ending.pid, ending.stopSignal);
		// A stopped process can't react to a signal.
		if (!isWindows) signalGroup(ending.pid, 'SIGCONT');
		await Promise.race([ending.done, sleep(GRACE_MS)]);
	}
	signalGroup(ending.pid, 'SIGKILL');
	await Promise.race([ending.done, sleep(GRACE_MS)]);
}

/** Starts the child in its own process group. Its output passes through the supervisor, which outlives the reader. */
function start({ command, args, cwd, env, uid, gid, stopSignal = 'SIGTERM' }) {
	const running = spawn(command, args, {
		cwd,
		env,
		uid,
		gid,
		detached: !isWindows,
		windowsHide: true,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const record = { pid: running.pid, exited: false, stopSignal };
	const closed = new Promise((resolve) => running.on('close', resolve));
	record.done = new Promise((resolve) => {
		running.on('error', (error) => {
			record.exited = true;
			send({ type: 'failed', message: error.message });
			resolve();
		});
		running.on('exit', async (code, signal) => {
			record.exited = true;
			// All remaining processes of the group end with the child.
			signalGroup(record.pid, 'SIGKILL');
			// After its last output.
			await Promise.race([closed, sleep(500)]);
			send({ type: 'exited', code, signal });
			resolve();
		});
	});
	running.stdout.pipe(process.stdout, { end: false });
	running.stderr.pipe(process.stderr, { end: false });
	// Output must drain without a reader, too, or the child would hang while it shuts down.
	record.drain = () => {
		running.stdout.unpipe().resume();
		running.stderr.unpipe().resume();
	};
	if (running.pid === undefined) return;
	child = record;
	send({ type: 'started', pid: running.pid });
}

async function finish() {
	if (finishing) return;
	finishing = true;
	child?.drain();
	await endChild();
	for (const folder of folders) {
		try {
			fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
		} catch (error) {
			console.error(`Could not remove ${folder}: ${error.message}`);
		}
	}
	for (const folder of foldersIfEmpty) {
		try {
			fs.rmdirSync(folder);
		} catch {
			// Another supervisor still uses it and will remove it, or has removed it.
		}
	}
	process.exit(0);
}

process.on('message', (message) => {
	if (message.type === 'start' && !finishing) start(message);
	if (message.type === 'signal' && child && !child.exited) signalGroup(child.pid, message.signal);
	if (message.type === 'stop') void endChild();
	if (message.type === 'end') void finish();
});
process.on('disconnect', () => void finish());
// The parent may have ended while this process started.
if (!process.connected) void finish();
// The reader may be gone, which doesn't matter for the rest.
process.stdout.on('error', () => child?.drain());
process.stderr.on('error', () => child?.drain());
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => void finish());
