import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A file on disk, measured while it was written. */
export interface StoredFile {
	path: string;
	size: number;
	/** In hexadecimal. */
	sha256: string;
}

export interface Files {
	/** The temporary folder that has them all. */
	readonly folder: string;
	/** Writes a file chunk by chunk. Leaves nothing behind when the source fails, which rejects with the source's error. */
	store(source: AsyncIterable<Buffer>): Promise<StoredFile>;
	read(file: StoredFile): Readable;
	remove(file: StoredFile): Promise<void>;
	/** Stops what is being written and removes the folder. */
	close(): Promise<void>;
}

/**
 * Makes a temporary folder for the bytes of attachments. They are never in memory as a whole. The folder goes with `close`,
 * and with the process when nobody has called it; only a signal that nobody handles leaves it behind.
 */
export function createFiles(): Files {
	const folder = mkdtempSync(join(tmpdir(), `local-talkdesk-${process.pid}-`));
	const closing = new AbortController();
	const underWay = new Set<Promise<unknown>>();
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
			// Settled means that nothing is written any more; how it went is the caller's business.
			const over = work.then(
				() => undefined,
				() => undefined,
			);
			underWay.add(over);
			void over.then(() => underWay.delete(over));
			return work;
		},
		read: ({ path }) => createReadStream(path),
		remove: ({ path }) => rm(path, { force: true }),
		async close() {
			closing.abort();
			await Promise.all(underWay);
			await rm(folder, { recursive: true, force: true });
			process.off('exit', removeNow);
		},
	};
}
