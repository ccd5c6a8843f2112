import { ensureServers } from './servers.mts';

// Ahead of the tests: without them there is nothing to test.
try {
	await ensureServers({ onProgress: (line) => process.stdout.write(`${line}\n`) });
} catch (error) {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
}
