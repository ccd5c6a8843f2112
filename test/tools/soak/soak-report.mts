import type { SeededFaults, SeededWebhookFaults } from '../../simulator/seeded-faults.mts';
import type { TalkdeskSimulator } from '../../simulator/simulator.mts';
import { formatArrivals, type Arrivals } from './arrivals.mts';
import { CANARY, type CustomerRun } from './customer.mts';
import type { EventRecorder } from './event-recorder.mts';
import type { FailedExecutions } from './retry-failed.mts';
import type { SoakOptions } from './soak-options.mts';
import { verdict } from './verdict.mts';

/** The results of a soak. */
export interface SoakResult {
	runs: CustomerRun[];
	chaos: string;
	seconds: number;
	/** Before failed executions were retried. */
	before: Arrivals;
	after: Arrivals;
	outboundFailed: FailedExecutions;
	inboundFailed: FailedExecutions;
	talkdesk: TalkdeskSimulator;
	recorder: EventRecorder;
	faults: SeededFaults;
	webhookFaults: SeededWebhookFaults;
	/** The log of n8n. */
	log: string;
}

export const print = (line = '') => process.stdout.write(`${line}\n`);

export const retriedOf = ({ count, unrecoverable }: FailedExecutions) => count - unrecoverable;

/** Prints the report. @returns whether the soak has passed */
export function printReport(options: SoakOptions, result: SoakResult): boolean {
	printArrivals(result);
	printRun(options, result);
	printFailures(result);
	const leaks = result.log.split('\n').filter((line) => line.includes(CANARY));
	if (options.queue && result.before.outbound.outOfOrder > 0) {
		print('Out of order at the agent: two workers share no order of executions.');
	}
	print(`Lines of n8n's log with a secret or personal data: ${leaks.length}.`);
	leaks.slice(0, 5).forEach((line) => print(`  ${line}`));
	return printVerdict(options, result, leaks.length);
}

function printArrivals({ before, after, outboundFailed, inboundFailed }: SoakResult): void {
	const retried = retriedOf(outboundFailed) + retriedOf(inboundFailed);
	if (retried > 0) {
		print(`\nBefore ${retried} failed executions were retried by hand:\n`);
		print(formatArrivals(before));
	}
	print('\nAt the end:\n');
	print(formatArrivals(after));
	print();
}

function printRun(
	{ queue, conversations, messages }: SoakOptions,
	{ runs, chaos, seconds, talkdesk, faults, webhookFaults }: SoakResult,
): void {
	const retries = runs.reduce((sum, each) => sum + each.retries, 0);
	const conflicts = talkdesk.keyConflicts().length;
	print(`n8n: ${queue ? 'queue mode, two workers' : 'one process'}; chaos: ${chaos}.`);
	print(`${conversations} conversations, ${messages} messages in each direction, in ${seconds} s.`);
	print(
		`Ended early and continued in a new conversation: ${talkdesk.counts().conversationsStarted - conversations}.`,
	);
	print(`Repeated calls of the customers' channel to n8n: ${retries}.`);
	print(`Faults of Talkdesk's responses: ${JSON.stringify(faults.counts())}.`);
	print(`Faults of Talkdesk's webhook calls: ${JSON.stringify(webhookFaults.counts())}.`);
	print(
		`Idempotency keys of two different requests: ${conflicts}; other violations: ${talkdesk.violations().length - conflicts}.`,
	);
	for (const { detail, key } of talkdesk.violations().slice(0, 5)) {
		print(`  ${detail}${key === undefined ? '' : ` (${key})`}`);
	}
}

function printFailures({ outboundFailed, inboundFailed, recorder }: SoakResult): void {
	for (const [target, failed] of [
		['Talkdesk', outboundFailed],
		['the customer', inboundFailed],
	] as const) {
		print(`Failed executions to ${target}: ${failed.count + failed.unlisted}.`);
		print(`  Reported to the error workflow: ${failed.reported}; retried: ${retriedOf(failed)}.`);
	}
	const { undelivered, undeliveredReported, unrecoverable, redelivered } = inboundFailed;
	print(`  With an acknowledged event that had not reached the customer: ${undelivered},`);
	print(`  of which were reported to the error workflow: ${undeliveredReported}.`);
	print(`  Of which n8n has kept nothing to retry: ${unrecoverable}.`);
	print(
		`  Events that had reached the customer, and that a retry sends again: ${redelivered.length}.`,
	);
	const causes = new Set(recorder.failures.map(({ message }) => message));
	for (const message of causes) print(`  n8n's message: ${message}`);
}

function printVerdict(
	{ queue }: SoakOptions,
	{ before, after, inboundFailed }: SoakResult,
	leaks: number,
): boolean {
	const { redelivered, unrecoverable, reported, count, unlisted } = inboundFailed;
	const failures = verdict({
		...{ before, after, redelivered, unrecoverable, leaks },
		areFailuresReported: reported === count + unlisted,
		hasWorkers: queue,
	});
	const isExcused = !failures.some((text) => text.startsWith('lost on the way to the customer'));
	if (after.inbound.lost.length > 0 && isExcused) {
		print(
			'Lost on the way to the customer: n8n dropped them with the executions of the killed worker, and called the error workflow.',
		);
	}
	for (const text of failures.slice(0, 20)) print(`  failure: ${text}`);
	if (failures.length > 20) print(`  and ${failures.length - 20} more`);
	return failures.length === 0;
}
