import type { MalformedCallResponse } from '../support/sendMalformed.mts';

/** What became of all calls to one target. */
export interface Outcome {
	name: string;
	/** By number of the call; the same number is the same call for each target. */
	answers: Array<MalformedCallResponse & { kind: string; hasKey: boolean }>;
	/** Resident, in MB: before the first call, and at the same distances from then on. */
	memory: number[];
	/** Whether n8n lives and takes a good event afterwards. */
	isWell: boolean;
}

/** By how much the highest of the second half may be over the highest of the first. */
const GROWTH = 1.25;

const isFailure = ({ status }: MalformedCallResponse) =>
	typeof status !== 'number' || status >= 500;

/** Statuses with their counts, as in "200 × 31, 401 × 30". */
function statuses(answers: MalformedCallResponse[]): string {
	const counts = new Map<string, number>();
	for (const { status } of answers) {
		counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
	}
	return [...counts]
		.sort()
		.map(([status, count]) => `${status} × ${count}`)
		.join(', ');
}

/** The answers by kind of call, and n8n's memory, as Markdown. */
export function describe(trigger: Outcome, plain: Outcome): string {
	const lines = [
		`\n| kind | ${trigger.name}, right key | ${trigger.name}, no key | ${plain.name}, right key |`,
		'| --- | --- | --- | --- |',
	];
	for (const kind of [...new Set(trigger.answers.map((answer) => answer.kind))].sort()) {
		const of = ({ answers }: Outcome, hasKey: boolean) =>
			statuses(answers.filter((answer) => answer.kind === kind && answer.hasKey === hasKey));
		lines.push(`| ${kind} | ${of(trigger, true)} | ${of(trigger, false)} | ${of(plain, true)} |`);
	}
	lines.push('');
	for (const { name, answers, memory } of [trigger, plain]) {
		lines.push(`${name}: ${statuses(answers)}.`);
		lines.push(`  n8n's memory in MB: ${memory.map((mb) => mb.toFixed(0)).join(' ')}.`);
	}
	return lines.join('\n');
}

/** What is wrong with the trigger. What n8n's own node can't do either is no complaint. */
export function verdict(trigger: Outcome, plain: Outcome): string[] {
	const complaints = trigger.answers.flatMap((answer, index) => {
		const other = plain.answers[index];
		if (!isFailure(answer) || (other && isFailure(other))) return [];
		return [`${answer.kind}: ${answer.status}, n8n's own node ${other?.status}. ${answer.body}`];
	});
	const middle = Math.ceil(trigger.memory.length / 2);
	const [before, after] = [trigger.memory.slice(0, middle), trigger.memory.slice(middle)];
	if (Math.max(...after) > GROWTH * Math.max(...before))
		complaints.push('The memory of n8n grows.');
	if (!trigger.isWell) complaints.push('Afterwards n8n does not take a good event.');
	return complaints;
}
