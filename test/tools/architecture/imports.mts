import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

import { PROJECT_FOLDER } from '../n8n/pack.mts';

/** An import of one file of the project by another, both relative to the project. */
export interface Import {
	from: string;
	to: string;
}

/** An import between two folders. */
export interface Dependency {
	from: string;
	to: string;
	imports: Import[];
}

const SOURCE = /(?<!\.d)\.(m?ts|[mc]?js)$/;

/** All imports of files of the project in a folder. */
export function importsIn(folder: string): Import[] {
	return fs
		.readdirSync(path.join(PROJECT_FOLDER, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => SOURCE.test(name))
		.flatMap((name) => {
			const from = path.posix.join(folder, name.split(path.sep).join('/'));
			const text = fs.readFileSync(path.join(PROJECT_FOLDER, from), 'utf8');
			return specifiersOf(text)
				.filter((specifier) => specifier.startsWith('.'))
				.map((specifier) => ({ from, to: path.posix.join(path.posix.dirname(from), specifier) }));
		});
}

/** The modules that a file imports, requires or exports from, types included. */
export function specifiersOf(text: string): string[] {
	return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/**
 * Groups imports by folder, without those inside of one folder.
 *
 * @param folderOf gives the folder of a file; undefined for a file that doesn't count
 */
export function dependenciesOf(
	imports: Import[],
	folderOf: (file: string) => string | undefined,
): Dependency[] {
	const found = new Map<string, Dependency>();
	for (const each of imports) {
		const [from, to] = [folderOf(each.from), folderOf(each.to)];
		if (from === undefined || to === undefined || from === to) continue;
		const key = `${from} → ${to}`;
		const dependency = found.get(key) ?? { from, to, imports: [] };
		dependency.imports.push(each);
		found.set(key, dependency);
	}
	return [...found.values()];
}

/** Finds folders that depend on each other. @returns one circle, from a folder to itself; undefined if there is none */
export function findCircle(
	dependencies: Array<Pick<Dependency, 'from' | 'to'>>,
): string[] | undefined {
	const done = new Set<string>();
	const visit = (folder: string, route: string[]): string[] | undefined => {
		if (route.includes(folder)) return [...route.slice(route.indexOf(folder)), folder];
		if (done.has(folder)) return undefined;
		for (const { from, to } of dependencies) {
			const circle = from === folder ? visit(to, [...route, folder]) : undefined;
			if (circle) return circle;
		}
		done.add(folder);
		return undefined;
	};
	for (const { from } of dependencies) {
		const circle = visit(from, []);
		if (circle) return circle;
	}
	return undefined;
}

/** Lists the imports between folders that are not allowed, as `file → file`. */
export function forbiddenImports(
	dependencies: Dependency[],
	allowed: Record<string, readonly string[]>,
): string[] {
	return dependencies
		.filter(({ from, to }) => !allowed[from]?.includes(to))
		.flatMap(({ imports }) => imports.map(({ from, to }) => `${from} → ${to}`));
}
