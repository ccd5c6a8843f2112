import { randomBytes } from 'node:crypto';

import type { TalkdeskSettings } from '../../../nodes/Talkdesk/api/settings';
import { createApi, Interrupted, type RawApi } from './api.mts';
import { assumptions, isAboutCalls, type Assumption, type AssumptionId } from './assumptions.mts';
import { describeCall, type Call } from './calls.mts';
import { createLedger } from './created.mts';
import { probeCalls, type Listening } from './probes-call.mts';
import { assumptionIds, createFindings, type Finding } from './findings.mts';
import type { Context } from './probe.mts';
import { probeAttachments, probeDeletion, type Reference } from './probes-attachment.mts';
import { probeEnd, probeMessages, type SentOnce } from './probes-message.mts';
import { probeStart } from './probes-start.mts';
import { NoToken, probeToken } from './probes-token.mts';

export interface CheckOptions {
	settings: TalkdeskSettings;
	/** The customer's address. */
	email: string;
	/** Receives the calls for n8n; without it, nothing is said about them. */
	listening?: Listening;
	/** Ends the check; what it has made is removed all the same. */
	signal: AbortSignal;
	progress: (line: string) => void;
}

export interface CheckResult {
	findings: Array<Finding & Assumption & { id: AssumptionId }>;
	/** The calls for n8n, by their form. */
	calls: string[];
	/** What could not be removed. */
	left: string[];
	/** Why the check ended early. */
	problem?: string;
	isInterrupted: boolean;
	/** Everything that must not be shown. */
	secrets: string[];
}

/**
 * Runs the whole check, and removes what it has made.
 *
 * A group of probes that fails leaves its assumptions unclear, and the next group goes on.
 */
export async function runCheck(options: CheckOptions): Promise<CheckResult> {
	const { settings, email, listening, signal, progress } = options;
	const api = createApi(settings, signal);
	const created = createLedger(api);
	const findings = createFindings();
	const run = randomBytes(4).toString('hex');
	const context: Context = { settings, api, created, findings, email, run };
	const problems: string[] = [];
	let calls: Call[] = [];

	async function group<Result>(what: string, work: () => Promise<Result>) {
		progress(what);
		try {
			return await work();
		} catch (error) {
			if (error instanceof Interrupted || signal.aborted) throw new Interrupted();
			if (error instanceof NoToken) throw error;
			problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
			return undefined;
		}
	}

	async function probe() {
		await group('Token', async () => await probeToken(context));
		const started = await group('Start', async () => await probeStart(context));
		const { first, second } = started ?? {};
		let sent: SentOnce | undefined;
		if (first && second) {
			sent = await group('Messages', async () => await probeMessages(context, first, second));
		}
		const file: Reference | undefined = await group(
			'Attachments',
			async () => await probeAttachments(context, second),
		);
		if (first) await group('End', async () => await probeEnd(context, first, sent));
		// At the desk, there is no more than the one that the steps are about.
		if (second) await group('End of the second', async () => await created.end(second.id));
		if (file) await group('Deletion', async () => await probeDeletion(context, file));
		if (listening) {
			const { receiver } = listening;
			calls = receiver.calls;
			await group('Calls', async () => await probeCalls(context, listening, signal));
		}
	}

	let isInterrupted = false;
	await probe().catch((error: unknown) => {
		isInterrupted = error instanceof Interrupted;
		if (!isInterrupted) problems.push(error instanceof Error ? error.message : String(error));
	});
	progress('Clean up');
	const left = await created.cleanUp();
	const ids = assumptionIds().filter((id) => listening !== undefined || !isAboutCalls(id));
	return {
		findings: findings.all(ids).map((finding) => ({ ...assumptions[finding.id], ...finding })),
		calls: calls.map(describeCall),
		left,
		...(problems.length > 0 && { problem: problems.join('\n') }),
		isInterrupted,
		secrets: secretsOf(api, options),
	};
}

function secretsOf(api: RawApi, { settings, email }: CheckOptions): string[] {
	return [...api.secrets(), settings.clientId, settings.touchpointId, email];
}
