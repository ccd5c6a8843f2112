/**
 * A lock between processes, as a file. CommonJS without dependencies: it is used before the project's
 * packages are installed, by tests, and by scripts.
 */
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const POLL_MS = 500;
const HEARTBEAT_MS = 5_000;
/** A holder touches its file every few seconds. One that hasn't for this long, while we watched, is gone. */
const SILENT_MS = 60_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// EPERM: it runs, but belongs to somebody else.
		return error.code === 'EPERM';
	}
}

/** Who holds the lock: undefined when nobody does. A file without readable content is about to be written. */
function readHolder(file) {
	try {
		const { mtimeMs } = fs.statSync(file);
		try {
			const { pid, host, token } = JSON.parse(fs.readFileSync(file, 'utf8'));
			return { pid, host, token, mtimeMs };
		} catch {
			return { mtimeMs };
		}
	} catch {
		return undefined;
	}
}

const isGone = (holder) =>
	holder.pid !== undefined && holder.host === os.hostname() && !isAlive(holder.pid);

/**
 * Takes a dead holder's lock away. The file is moved aside first and looked at again: another process
 * may have taken over a moment ago, and its lock is then put back.
 */
function evict(file, stale) {
	const aside = `${file}.${randomUUID()}`;
	try {
		fs.renameSync(file, aside);
	} catch {
		return;
	}
	if (readHolder(aside)?.token !== stale.token) {
		try {
			fs.linkSync(aside, file);
		} catch {
			// Somebody else has the lock by now.
		}
	}
	fs.rmSync(aside, { force: true });
}

function tryToTake(file, token) {
	try {
		const content = JSON.stringify({ pid: process.pid, host: os.hostname(), token });
		fs.writeFileSync(file, content, { flag: 'wx' });
		return true;
	} catch (error) {
		if (error.code === 'EEXIST') return false;
		throw error;
	}
}

async function acquire(file, onWait) {
	fs.mkdirSync(path.dirname(file), { recursive: true });
	const token = randomUUID();
	let watched;
	while (!tryToTake(file, token)) {
		const holder = readHolder(file);
		if (holder === undefined) continue;
		if (watched?.mtimeMs !== holder.mtimeMs) watched = { ...holder, since: Date.now() };
		if (isGone(holder) || Date.now() - watched.since > SILENT_MS) {
			evict(file, holder);
			continue;
		}
		onWait?.(holder.pid);
		await sleep(POLL_MS);
	}
	return token;
}

/**
 * Runs `work` while no other process does so under the same file. A lock whose process was killed is taken
 * over; Ctrl-C and other signals that end this process remove the lock.
 *
 * @param file the lock file; its folder is created
 * @param work what to do
 * @param onWait called again and again, about twice a second, while another process holds the lock
 * @returns what `work` returned
 */
async function withLock(file, work, onWait) {
	const token = await acquire(file, onWait);
	const release = () => {
		if (readHolder(file)?.token === token) fs.rmSync(file, { force: true });
	};
	const heartbeat = setInterval(() => {
		const now = new Date();
		fs.utimes(file, now, now, () => {});
	}, HEARTBEAT_MS);
	heartbeat.unref();

	const onSignal = (signal) => {
		release();
		// Without our handler the signal would have ended the process. Others with a handler decide themselves.
		if (process.listenerCount(signal) === 1) {
			process.removeListener(signal, onSignal);
			process.kill(process.pid, signal);
		}
	};
	for (const signal of SIGNALS) process.on(signal, onSignal);
	process.on('exit', release);
	try {
		return await work();
	} finally {
		clearInterval(heartbeat);
		for (const signal of SIGNALS) process.removeListener(signal, onSignal);
		process.removeListener('exit', release);
		release();
	}
}

module.exports = { withLock };
