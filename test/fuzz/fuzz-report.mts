import type { MalformedCallResponse } from '../support/sendMalformed.mts';

/** The results of all calls to one target. */
export interface Outcome {
	name: string;
	/** By the number of the call, which is the same call for each target. */
	responses: Array<MalformedCallResponse & { kind: string; hasKey: boolean }>;
	/** Resident memory in MB: before the first call, and at regular intervals. */
	memory: number[];
	/** Whether n8n runs and accepts a valid event afterwards. */
	isHealthy: boolean;
}

/** The maximum ratio of the peaks in the second and the first half. */
const GROWTH = 1.25;

const isFailure = ({ status }: MalformedCallResponse) =>
	typeof status !== 'number' || status >= 500;

/** Statuses with their counts, as in "200 × 31, 401 × 30". */
function statuses(responses: MalformedCallResponse[]): string {
	const counts = new Map<string, number>();
	for (const { status } of responses) {
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
	for (const kind of [...new Set(trigger.responses.map((answer) => answer.kind))].sort()) {
		const of = ({ responses }: Outcome, hasKey: boolean) =>
			statuses(responses.filter((answer) => answer.kind === kind && answer.hasKey === hasKey));
		lines.push(`| ${kind} | ${of(trigger, true)} | ${of(trigger, false)} | ${of(plain, true)} |`);
	}
	lines.push('');
	for (const { name, responses, memory } of [trigger, plain]) {
		lines.push(`${name}: ${statuses(responses)}.`);
		lines.push(`  n8n's memory in MB: ${memory.map((mb) => mb.toFixed(0)).join(' ')}.`);
	}
	return lines.join('\n');
}

/** The failures of the trigger, without those that n8n's own node has as well. */
export function verdict(trigger: Outcome, plain: Outcome): string[] {
	const failures = trigger.responses.flatMap((answer, index) => {
		const other = plain.responses[index];
		if (!isFailure(answer) || (other && isFailure(other))) return [];
		return [`${answer.kind}: ${answer.status}, n8n's own node ${other?.status}. ${answer.body}`];
	});
	const middle = Math.ceil(trigger.memory.length / 2);
	const [before, after] = [trigger.memory.slice(0, middle), trigger.memory.slice(middle)];
	if (Math.max(...after) > GROWTH * Math.max(...before)) failures.push('The memory of n8n grows.');
	if (!trigger.isHealthy) failures.push('Afterwards n8n does not accept a valid event.');
	return failures;
}
