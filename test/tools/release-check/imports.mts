import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

import type { UnpackedPackage } from './packed-package.mts';

/**
 * What n8n allows at run time. Its own rule allows every devDependency besides, on the grounds that those are bundled;
 * here only the package's own files are, so that such an import would fail on a user's n8n.
 */
const ALLOWED = new Set([
	'n8n-workflow',
	'zod',
	'lodash',
	'luxon',
	'moment',
	'p-limit',
	'crypto',
	'node:crypto',
]);

export interface Import {
	/** Undefined if it is not a literal. */
	specifier: string | undefined;
	line: number;
}

const isNamed = (node: ts.Node, name: string): boolean =>
	ts.isIdentifier(node) && node.text === name;

/** Whether an identifier stands for the variable of that name, not for a property. */
function isVariable(node: ts.Node): boolean {
	const { parent } = node;
	if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
	return !(ts.isPropertyAssignment(parent) && parent.name === node);
}

/** Everything that a JavaScript file imports or requires. */
export function importsOf(file: string, text: string): Import[] {
	const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
	const found: Import[] = [];
	const add = (node: ts.Node, argument: ts.Node | undefined): void => {
		const { line } = source.getLineAndCharacterOfPosition(node.getStart());
		const specifier = argument && ts.isStringLiteralLike(argument) ? argument.text : undefined;
		found.push({ specifier, line: line + 1 });
	};
	const visit = (node: ts.Node): void => {
		if (ts.isCallExpression(node)) {
			const { expression, arguments: args } = node;
			if (expression.kind === ts.SyntaxKind.ImportKeyword || isNamed(expression, 'require')) {
				add(node, args[0]);
				args.forEach(visit);
				return;
			}
		}
		if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier);
		if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node, node.moduleSpecifier);
		// `const load = require` and `require.resolve`.
		if (isNamed(node, 'require') && isVariable(node)) add(node, undefined);
		ts.forEachChild(node, visit);
	};
	visit(source);
	return found;
}

/** What is wrong with the imports of a package's JavaScript files. */
export function importProblems({ folder, files }: UnpackedPackage): string[] {
	const present = new Set(files);
	const isThere = (file: string, specifier: string): boolean => {
		const target = path.posix.join(path.posix.dirname(file), specifier);
		const names = [target, `${target}.js`, `${target}.json`, `${target}/index.js`];
		return names.some((name) => present.has(name));
	};
	const problem = (file: string, specifier: string | undefined): string | undefined => {
		if (specifier === undefined) return 'loads a module whose name is not written there';
		if (/^\.{1,2}(\/|$)/.test(specifier)) {
			return isThere(file, specifier)
				? undefined
				: `imports ${specifier}, which is not in the tarball`;
		}
		return ALLOWED.has(specifier)
			? undefined
			: `imports ${specifier}, which n8n does not allow at run time`;
	};
	return files
		.filter((file) => /\.[cm]?js$/.test(file))
		.flatMap((file) =>
			importsOf(file, fs.readFileSync(path.join(folder, file), 'utf8')).flatMap(
				({ specifier, line }) => {
					const what = problem(file, specifier);
					return what === undefined ? [] : [`${file}:${line} ${what}`];
				},
			),
		);
}
