import colors from 'picocolors';

import { redact } from '../../../nodes/Talkdesk/api/redact';
import type { CheckResult } from './run.mts';

const MARKS = {
	held: (text: string) => colors.green(text),
	'not held': (text: string) => colors.red(text),
	unclear: (text: string) => colors.yellow(text),
};

const countOf = ({ findings }: CheckResult, wanted: string) =>
	findings.filter(({ verdict }) => verdict === wanted).length;

const summaryOf = (result: CheckResult) =>
	`${countOf(result, 'held')} held, ${countOf(result, 'not held')} not held, ${countOf(result, 'unclear')} unclear`;

/** The result as lines for a terminal, without secrets. */
export function toTerminal(result: CheckResult): string {
	const lines = result.findings.flatMap(({ id, verdict, text, seen, otherwise }) => [
		`${MARKS[verdict](verdict.padEnd(8))}  ${id}: ${text}`,
		colors.gray(`          ${seen}`),
		...(verdict === 'not held' ? [`          ${otherwise}`] : []),
	]);
	const calls = result.calls.length > 0 ? ['', 'Calls:', ...result.calls] : [];
	const problem = result.problem === undefined ? [] : ['', `It ended early: ${result.problem}`];
	const text = [...lines, ...calls, ...problem, '', summaryOf(result)].join('\n');
	return redact(text, result.secrets);
}

interface Head {
	version: string;
	region: string;
	date: string;
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The result as a file, Markdown or JSON, without secrets. */
export function toFile(result: CheckResult, head: Head, format: 'markdown' | 'json'): string {
	const { findings, calls, problem } = result;
	if (format === 'json') {
		return redact(
			`${JSON.stringify({ ...head, problem, findings, calls }, null, '\t')}\n`,
			result.secrets,
		);
	}
	const rows = findings.map(
		({ id, verdict, evidence, text, seen }) =>
			`| ${[verdict, `\`${id}\``, text, evidence, seen].map(cell).join(' | ')} |`,
	);
	const lines = [
		"# Talkdesk's contract, checked",
		'',
		`n8n-nodes-talkdesk ${head.version}, region ${head.region}, ${head.date}: ${summaryOf(result)}.`,
		...(problem === undefined ? [] : ['', `It ended early: ${problem}`]),
		'',
		'|  |  | Assumption | Evidence | Seen |',
		'| - | - | - | - | - |',
		...rows,
		...(calls.length > 0 ? ['', '## Calls', '', ...calls.map((call) => `1. ${call}`)] : []),
	];
	return redact(`${lines.join('\n')}\n`, result.secrets);
}
