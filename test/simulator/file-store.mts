import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A file on disk, with its size and hash. */
export interface StoredFile {
	path: string;
	size: number;
	/** In hexadecimal. */
	sha256: string;
}

export interface Files {
	/** The temporary folder of all files. */
	readonly folder: string;
	/** Writes a file chunk by chunk. Removes it and rejects if the source fails. */
	store(source: AsyncIterable<Buffer>): Promise<StoredFile>;
	read(file: StoredFile): Readable;
	remove(file: StoredFile): Promise<void>;
	/** Aborts pending writes and removes the folder. */
	close(): Promise<void>;
}

/**
 * Creates a temporary folder for the bytes of attachments, which are never in memory as a whole. `close` removes the folder,
 * or else the end of the process; only an unhandled signal leaves it behind.
 */
export function createFiles(): Files {
	const folder = mkdtempSync(join(tmpdir(), `local-talkdesk-${process.pid}-`));
	const closing = new AbortController();
	const pending = new Set<Promise<unknown>>();
	const removeNow = () => rmSync(folder, { recursive: true, force: true });
	process.on('exit', removeNow);

	async function write(source: AsyncIterable<Buffer>): Promise<StoredFile> {
		const path = join(folder, randomUUID());
		const hash = createHash('sha256');
		let size = 0;
		async function* measure(chunks: AsyncIterable<Buffer>) {
			for await (const chunk of chunks) {
				hash.update(chunk);
				size += chunk.length;
				yield chunk;
			}
		}
		try {
			await pipeline(source, measure, createWriteStream(path), { signal: closing.signal });
		} catch (error) {
			await rm(path, { force: true });
			throw error;
		}
		return { path, size, sha256: hash.digest('hex') };
	}

	return {
		folder,
		store(source) {
			const work = write(source);
			// Settled means that the write has ended; its outcome is the caller's business.
			const over = work.then(
				() => undefined,
				() => undefined,
			);
			pending.add(over);
			void over.then(() => pending.delete(over));
			return work;
		},
		read: ({ path }) => createReadStream(path),
		remove: ({ path }) => rm(path, { force: true }),
		async close() {
			closing.abort();
			await Promise.all(pending);
			await rm(folder, { recursive: true, force: true });
			process.off('exit', removeNow);
		},
	};
}
