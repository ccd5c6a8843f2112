import fs from 'node:fs';
import path from 'node:path';

import { PROJECT_FOLDER } from '../tools/n8n/pack.mts';

/** A fenced block of a document. */
export interface Fence {
	/** Below the project, with slashes. */
	file: string;
	/** Of its first line of text, from 1 on. */
	line: number;
	/** What stands behind the opening fence; empty if nothing does. */
	language: string;
	text: string;
	/** What the comment before it says that it gives: `<!-- gives: a transcript -->`. */
	gives?: string;
}

/** The text of a document. */
export function readDocument(file: string): string {
	return fs.readFileSync(path.join(PROJECT_FOLDER, file), 'utf8');
}

/** Folders that hold no document of the project. */
const FOREIGN = new Set(['node_modules', 'dist', '.git']);

/** All Markdown files of the project, with slashes. */
export function documents(folder = ''): string[] {
	return fs
		.readdirSync(path.join(PROJECT_FOLDER, folder), { withFileTypes: true })
		.flatMap((entry) => {
			const file = path.posix.join(folder, entry.name);
			if (entry.isDirectory()) return FOREIGN.has(entry.name) ? [] : documents(file);
			return entry.name.endsWith('.md') ? [file] : [];
		});
}

/** The fenced blocks of a document, in their order. */
export function fencesOf(file: string): Fence[] {
	const fences: Fence[] = [];
	let open: (Fence & { mark: string; lines: string[] }) | undefined;
	let gives: string | undefined;
	for (const [index, line] of readDocument(file).split('\n').entries()) {
		if (open) {
			if (new RegExp(`^\\s*${open.mark}\`*\\s*$`).test(line)) {
				const { mark: _mark, lines, ...fence } = open;
				fences.push({ ...fence, text: lines.join('\n').trim() });
				open = undefined;
			} else {
				open.lines.push(line);
			}
			continue;
		}
		const [, mark, language = ''] = /^\s*(`{3,})\s*(\S*)[^`]*$/.exec(line) ?? [];
		if (mark) {
			open = { file, line: index + 2, language, text: '', gives, mark, lines: [] };
		} else if (line.trim() !== '') {
			gives = /^<!-- gives: (.+) -->$/.exec(line.trim())?.[1];
			continue;
		}
		if (mark) gives = undefined;
	}
	return fences;
}

/** A document's text without its fenced blocks: what is in there is no link. */
export function proseOf(file: string): string {
	return readDocument(file).replace(/^(\s*)(`{3,})[^`]*\n[\s\S]*?^\1\2`*\s*$/gm, '');
}
