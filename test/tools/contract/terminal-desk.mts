import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { EVENTS } from '../../../nodes/Talkdesk/trigger/event/parse';
import type { Listening, Step } from './probes-call.mts';
import type { Receiver } from './receiver.mts';

const setupOf = (publicUrl: string) =>
	[
		'In Talkdesk, under Builder > Integrations, create or change the integration of the test touchpoint:',
		`  base path       ${publicUrl.replace(/\/+$/, '')}`,
		...EVENTS.map((event) => `  action          POST /${event}`),
		'  authentication  none, Basic or an API key; its value is not looked at',
	].join('\n');

/**
 * Lets a person at the terminal go through the steps at the desk.
 *
 * A step is done with Enter, or when the expected call has come; it is skipped with s and Enter, or after a time.
 *
 * @param lines what is written at the terminal
 * @param signal aborted: the current step ends
 */
export function createTerminalDesk(
	receiver: Receiver,
	{
		publicUrl,
		stepMs,
		settleMs,
		print,
		input,
		signal,
	}: {
		publicUrl: string;
		stepMs: number;
		settleMs: number;
		print: (line: string) => void;
		input: NodeJS.ReadableStream;
		signal: AbortSignal;
	},
): Listening & { close(): void } {
	const lines = createInterface({ input });
	let hasEnded = false;
	lines.once('close', () => (hasEnded = true));
	const nextLine = async (ended: AbortSignal) =>
		await new Promise<string>((resolve) => {
			if (hasEnded) return;
			lines.once('line', resolve);
			ended.addEventListener('abort', () => lines.off('line', resolve));
		});

	async function perform({ name, instruction, isExpected }: Step): Promise<boolean> {
		const over = new AbortController();
		const ended = AbortSignal.any([over.signal, signal]);
		print(name === 'prepare' ? setupOf(publicUrl) : `Step ${name}: ${instruction}`);
		print('  Enter when it is done; s and Enter to skip it.');
		try {
			return await Promise.race([
				nextLine(ended).then((line) => line.trim().toLowerCase() !== 's'),
				receiver.waitFor(isExpected, ended).then(() => !signal.aborted),
				sleep(stepMs, false, { signal: ended }),
			]);
		} catch {
			return false;
		} finally {
			over.abort();
		}
	}

	return { receiver, perform, settleMs, close: () => lines.close() };
}
