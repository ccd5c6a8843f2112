import type { SeededFaults, SeededWebhookFaults } from '../../simulator/seeded-faults.mts';
import type { TalkdeskSimulator } from '../../simulator/simulator.mts';
import { formatArrivals, type Arrivals } from './arrivals.mts';
import type { CustomerRun } from './customer.mts';
import type { FailureRecorder } from './failure-recorder.mts';
import type { FailedExecutions } from './retry-failed.mts';
import type { SoakOptions } from './soak-options.mts';
import { verdict } from './verdict.mts';

/** The results of a soak. */
export interface SoakResult {
	runs: CustomerRun[];
	chaos: string[];
	seconds: number;
	/** Before failed executions were retried. */
	before: Arrivals;
	after: Arrivals;
	failed: FailedExecutions;
	talkdesk: TalkdeskSimulator;
	recorder: FailureRecorder;
	faults: SeededFaults;
	webhookFaults: SeededWebhookFaults;
	/** Lines of n8n's log with a secret or personal data. */
	leaks: string[];
}

export const print = (line = '') => process.stdout.write(`${line}\n`);

export const retriedOf = ({ count, unrecoverable }: FailedExecutions) => count - unrecoverable;

/** Prints the report. @returns whether the soak has passed */
export function printReport(options: SoakOptions, result: SoakResult): boolean {
	printArrivals(result);
	printRun(options, result);
	printFailures(result);
	if (options.queue && result.before.outbound.outOfOrder > 0) {
		print('Out of order at the agent: two workers share no order of executions.');
	}
	print(`Lines of n8n's log with a secret or personal data: ${result.leaks.length}.`);
	result.leaks.slice(0, 5).forEach((line) => print(`  ${line}`));
	return printVerdict(options, result);
}

function printArrivals({ before, after, failed }: SoakResult): void {
	const retried = retriedOf(failed);
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
	const total = (what: 'retries' | 'returned') => runs.reduce((sum, run) => sum + run[what], 0);
	const conflicts = talkdesk.keyConflicts().length;
	print(
		`n8n: ${queue ? 'queue mode, two workers' : 'one process'}; chaos: ${chaos.join('; ') || 'none'}.`,
	);
	print(`${conversations} conversations, ${messages} messages in each direction, in ${seconds} s.`);
	print(
		`Ended early and continued in a new conversation: ${talkdesk.counts().conversationsStarted - conversations}; messages that came to the bot, and were said again: ${total('returned')}.`,
	);
	print(`Repeated calls of the customers' channel to n8n: ${total('retries')}.`);
	print(`Faults of Talkdesk's responses: ${JSON.stringify(faults.counts())}.`);
	print(`Faults of Talkdesk's webhook calls: ${JSON.stringify(webhookFaults.counts())}.`);
	print(
		`Idempotency keys of two different requests: ${conflicts}; other violations: ${talkdesk.violations().length - conflicts}.`,
	);
	for (const { detail, key } of talkdesk.violations().slice(0, 5)) {
		print(`  ${detail}${key === undefined ? '' : ` (${key})`}`);
	}
}

function printFailures({ failed, recorder }: SoakResult): void {
	const { count, unlisted, reported, toCustomer, unrecoverable } = failed;
	print(
		`Failed executions: ${count + unlisted}; of them on the way to the customer: ${toCustomer}.`,
	);
	print(`  Reported to the error workflow: ${reported}; retried: ${retriedOf(failed)}.`);
	print(`  With an acknowledged message that had not reached the customer: ${failed.undelivered},`);
	print(`  of which were reported to the error workflow: ${failed.undeliveredReported}.`);
	print(`  Of which n8n has kept nothing to retry: ${unrecoverable}.`);
	print(
		`  Messages that had reached the customer, and that a retry sends again: ${failed.redelivered.length}.`,
	);
	const causes = new Set(recorder.failures.map(({ message }) => message));
	for (const message of causes) print(`  n8n's message: ${message}`);
}

function printVerdict(
	{ queue }: SoakOptions,
	{ before, after, failed, leaks }: SoakResult,
): boolean {
	const { redelivered, unrecoverable, unrecoverableReported, unlisted } = failed;
	const failures = verdict({
		...{ before, after, redelivered, unrecoverable, leaks: leaks.length },
		areDropsReported: unrecoverableReported === unrecoverable && unlisted === 0,
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
