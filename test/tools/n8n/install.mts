import { ensureN8n } from './installation.mts';

// Ahead of the tests, so that a person sees what takes so long the first time.
await ensureN8n({ onProgress: (line) => process.stdout.write(`${line}\n`) });
