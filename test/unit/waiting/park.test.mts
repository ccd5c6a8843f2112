import type {
	IDataObject,
	IExecuteData,
	IExecuteFunctions,
	IHttpRequestOptions,
} from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import { callResumeUrl } from '../../../nodes/Talkdesk/waiting/callResumeUrl';
import { outputOrPark } from '../../../nodes/Talkdesk/waiting/park';
import { noteExecution, noteWebhook } from '../../../nodes/Talkdesk/sessions/processRole';
import { NODE } from '../../support/node.mts';

type Answer = { statusCode: number; body: unknown };

const item = (text: string, more: object = {}) => ({ json: { text }, ...more });
const EMPTY = [[], [], []];
const FALLBACK = [[], [item('fallback')], []];

const NO_DELAY = () => 0;

/** An execution of the trigger. @param answers of n8n to what wakes it */
function execution(answers: Answer[] = [{ statusCode: 200, body: { accepted: true } }]) {
	const data: IExecuteData = { data: { main: [] }, node: NODE, source: null };
	const [waits, wakes]: [Date[], IHttpRequestOptions[]] = [[], []];
	const functions: IExecuteFunctions = Object.create({
		getNode: () => NODE,
		getExecuteData: () => data,
		evaluateExpression: () => 'http://n8n/webhook-waiting/7?signature=secret',
		putExecutionToWait: async (until: Date) => void waits.push(until),
		logger: { error: () => undefined },
		helpers: {
			httpRequest: async (options: IHttpRequestOptions) => {
				wakes.push(options);
				return answers[Math.min(wakes.length, answers.length) - 1];
			},
		},
	});
	return { functions, data, waits, wakes };
}
const after = async <Value,>(milliseconds: number, value: Value) => {
	await sleep(milliseconds);
	return value;
};
const bodyOf = ({ body }: IHttpRequestOptions | { body?: undefined } = {}) => body as IDataObject;
async function until(isTrue: () => boolean) {
	for (let tries = 0; tries < 200 && !isTrue(); tries++) await sleep(20);
}

it('work that is soon done is put out at once', async () => {
	const { functions, waits, wakes } = execution();
	const outputs = [[], [item('undelivered')], []];
	expect(await outputOrPark(functions, after(50, outputs), FALLBACK, NO_DELAY)).toBe(outputs);
	expect([waits, wakes]).toEqual([[], []]);
});

it('work that takes long gives the place back, and wakes the execution with its outputs', async () => {
	const { functions, data, waits, wakes } = execution();
	const outputs = [[], [], [item('undelivered')]];
	expect(await outputOrPark(functions, after(1_500, outputs), FALLBACK, NO_DELAY)).toEqual(EMPTY);
	expect(waits).toHaveLength(1);
	// What n8n puts out if this process ends.
	expect(data).toMatchObject({ data: { main: FALLBACK }, metadata: { forwardAllOutputs: true } });
	await until(() => wakes.length > 0);
	expect(wakes[0]?.url).toBe('http://n8n/webhook-waiting/7/talkdesk-parked?signature=secret');
	expect(bodyOf(wakes[0])).toEqual({ outputs });
});

it('the execution is woken again as long as n8n has not put it to wait', async () => {
	const busy = { statusCode: 409, body: { message: 'The execution "7" is running already.' } };
	const { functions, wakes } = execution([
		busy,
		busy,
		{ statusCode: 200, body: { accepted: true } },
	]);
	await outputOrPark(functions, after(1_100, EMPTY), FALLBACK, NO_DELAY);
	await until(() => wakes.length > 2);
	await sleep(600);
	expect(wakes).toHaveLength(3);
});

it('n8n wakes the execution after five minutes, and later if its work has not begun', async () => {
	const { functions, waits, wakes } = execution();
	const before = Date.now();
	await outputOrPark(functions, after(1_100, EMPTY), FALLBACK, NO_DELAY);
	await outputOrPark(functions, after(1_100, EMPTY), FALLBACK, () => 3_600_000);
	const minutes = waits.map((until) => Math.floor((until.getTime() - before) / 60_000));
	expect(minutes).toEqual([5, 65]);
	await until(() => wakes.length > 1);
});

it('an execution keeps its place as long as n8n can not be reached, as it could not be woken', async () => {
	const isDown = async () =>
		await callResumeUrl(execution([{ statusCode: 502, body: '' }]).functions, 'http://n8n/', {});
	const { functions, waits, wakes } = execution();
	const outputs = [[], [item('undelivered')], []];
	await isDown();
	expect(await outputOrPark(functions, after(1_500, outputs), FALLBACK, NO_DELAY)).toBe(outputs);
	await isDown();
	void after(500, undefined).then(
		async () => await callResumeUrl(execution().functions, 'http://n8n/', {}),
	);
	expect(await outputOrPark(functions, after(1_500, outputs), FALLBACK, NO_DELAY)).toEqual(EMPTY);
	await until(() => wakes.length > 0);
	expect(waits).toHaveLength(1);
});

it('work that fails while the execution waits puts out what is known', async () => {
	const { functions, wakes } = execution();
	const work = after(1_100, undefined).then(() => {
		throw new Error('no Data Table');
	});
	expect(await outputOrPark(functions, work, FALLBACK, NO_DELAY)).toEqual(EMPTY);
	await until(() => wakes.length > 0);
	expect(bodyOf(wakes[0])).toEqual({ outputs: FALLBACK });
});

it('work that fails soon fails the execution', async () => {
	const { functions } = execution();
	await expect(
		outputOrPark(functions, Promise.reject(new Error('no')), FALLBACK, NO_DELAY),
	).rejects.toThrow('no');
});

it('an execution with more files in memory than n8n takes back keeps its place', async () => {
	const { functions, waits } = execution();
	const binary = { attachment_0: { data: 'x'.repeat(10_000_001), mimeType: 'text/plain' } };
	const outputs = [[], [item('undelivered')], []];
	const large = [[], [item('fallback', { binary })], []];
	expect(await outputOrPark(functions, after(1_100, outputs), large, NO_DELAY)).toBe(outputs);
	expect(waits).toEqual([]);
	binary.attachment_0 = { ...binary.attachment_0, ...{ id: 'filesystem:1' } };
	expect(await outputOrPark(functions, after(1_100, outputs), large, NO_DELAY)).toEqual(EMPTY);
});

it('an execution keeps its place longer if n8n is one process', async () => {
	noteWebhook();
	noteExecution('webhook');
	const { functions, waits } = execution();
	const outputs = [[], [item('undelivered')], []];
	expect(await outputOrPark(functions, after(1_500, outputs), FALLBACK, NO_DELAY)).toBe(outputs);
	expect(waits).toEqual([]);
});
