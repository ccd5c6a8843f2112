import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';

import { endAtLimit, forgetLimit, timeForN8n } from '../../../nodes/Talkdesk/waiting/endAtLimit';

const NOW = Date.parse('2026-01-02T12:00:00.000Z');
beforeEach(() => jest.useFakeTimers({ now: NOW }));
afterEach(() => jest.useRealTimers());

const TAKEN = { statusCode: 200, body: { accepted: true } };
const BUSY = { statusCode: 409, body: { message: 'The execution "7" is running already.' } };
const OVER = { statusCode: 409, body: { message: 'The execution "7 has finished already.' } };
const LATER = new Date(NOW + 60_000);

let executions = 0;
/** An execution that waits. @param answers of n8n to what wakes it */
function execution(...answers: object[]) {
	const id = String(++executions);
	const calls: Array<{ at: number } & Pick<IHttpRequestOptions, 'url' | 'body'>> = [];
	const functions: IExecuteFunctions = Object.create({
		getExecutionId: () => id,
		evaluateExpression: () => `http://n8n/webhook-waiting/${id}?signature=secret`,
		helpers: {
			httpRequest: async ({ url, body }: IHttpRequestOptions) => {
				calls.push({ at: Date.now() - NOW, url, body });
				return answers[Math.min(calls.length, answers.length) - 1];
			},
		},
	});
	return { id, functions, calls };
}
const times = ({ calls }: ReturnType<typeof execution>) => calls.map(({ at }) => at);
const pass = async (milliseconds: number) => await jest.advanceTimersByTimeAsync(milliseconds);

it('wakes the execution at the limit, which n8n would do later', async () => {
	const waiting = execution(TAKEN);
	endAtLimit(waiting.functions, LATER);
	expect(timeForN8n(LATER).getTime() - LATER.getTime()).toBe(90_000);
	await pass(200_000);
	expect(waiting.calls).toEqual([
		{
			at: 60_000,
			url: `http://n8n/webhook-waiting/${waiting.id}/talkdesk?signature=secret`,
			body: { limit: LATER.toISOString() },
		},
	]);
});

it('without a limit nothing wakes it', async () => {
	const waiting = execution(TAKEN);
	endAtLimit(waiting.functions, undefined);
	await pass(1e9);
	expect(waiting.calls).toEqual([]);
	const never = '3000-01-01T00:00:00.000Z';
	expect(timeForN8n(undefined).toISOString()).toBe(never);
	expect(timeForN8n(new Date(never)).toISOString()).toBe(never);
});

it('each wait of an execution has the limit of its own', async () => {
	const waiting = execution(TAKEN);
	endAtLimit(waiting.functions, LATER);
	await pass(50_000);
	endAtLimit(waiting.functions, new Date(NOW + 110_000));
	await pass(200_000);
	expect(times(waiting)).toEqual([110_000]);
});

it('an execution that goes on is not woken', async () => {
	const [waiting, other] = [execution(TAKEN), execution(TAKEN)];
	endAtLimit(waiting.functions, LATER);
	endAtLimit(other.functions, LATER);
	forgetLimit(`/webhook-waiting/${waiting.id}/talkdesk`);
	await pass(200_000);
	expect([times(waiting), times(other)]).toEqual([[], [60_000]]);
});

it('tries again while n8n is still putting it to wait, and leaves it to n8n after ten seconds', async () => {
	const past = execution(BUSY, BUSY, TAKEN);
	endAtLimit(past.functions, new Date(NOW - 1));
	await pass(200_000);
	expect(times(past)).toEqual([0, 250, 500]);
	const busy = execution(BUSY);
	endAtLimit(busy.functions, new Date(Date.now()));
	await pass(200_000);
	expect(busy.calls).toHaveLength(40);
});

it.each([11_000, 60_000, 1e9])(
	'a limit that was over %i ms before ends the wait at once',
	async (ago) => {
		const waiting = execution(BUSY, TAKEN);
		const until = new Date(NOW - ago);
		endAtLimit(waiting.functions, until);
		await pass(200_000);
		expect(times(waiting)).toEqual([0, 250]);
		// Not by n8n, whose timer would wake a later wait of this execution.
		expect(timeForN8n(until).getTime()).toBeGreaterThanOrEqual(NOW + 90_000);
	},
);

it('an execution that is over is left alone', async () => {
	const over = execution(OVER);
	endAtLimit(over.functions, LATER);
	await pass(200_000);
	expect(times(over)).toEqual([60_000]);
});

it('a limit that is further away than timers go is no sooner', async () => {
	const waiting = execution(TAKEN);
	const days = 30 * 86_400_000;
	endAtLimit(waiting.functions, new Date(NOW + days));
	await pass(days - 1);
	expect(waiting.calls).toEqual([]);
	await pass(1);
	expect(times(waiting)).toEqual([days]);
});
