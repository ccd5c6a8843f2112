import type { INodeParameters, WorkflowExecuteMode } from 'n8n-workflow';

import { noteCall } from '../../nodes/Talkdesk/firstTime';
import { runNode } from './engine.mts';
import { RememberedInMemory } from './stand-ins.mts';

const events = ['message_created', 'conversation_ended', 'conversation_started'].map((event) => ({
	event,
	conversationId: 'c1',
}));

const run = async (chosen: string[]) =>
	await runNode('talkdeskTrigger', {
		credential: {},
		parameters: { events: chosen },
		items: events,
	});

it('has an output for each chosen event, in the order of the events', async () => {
	const { outputs } = await run(['conversation_ended', 'conversation_started', 'message_created']);
	expect(outputs.map((items) => items?.map(({ json }) => json.event))).toEqual([
		['conversation_started'],
		['message_created'],
		['conversation_ended'],
	]);
	expect(outputs.map((items) => items?.[0]?.pairedItem)).toEqual([
		{ item: 2 },
		{ item: 0 },
		{ item: 1 },
	]);
});

it('has no output for an event that is not chosen', async () => {
	const { outputs } = await run(['conversation_ended']);
	expect(outputs.map((items) => items?.map(({ json }) => json.event))).toEqual([
		['conversation_ended'],
	]);
});

describe('an event that comes again', () => {
	let conversations = 0;
	/** What webhook() hands over, of a conversation of this test alone. */
	const message = (change: object = {}) => {
		const conversationId = `duplicates-${++conversations}`;
		const raw = {
			conversation_id: conversationId,
			timestamp: '2026-01-02T03:04:05.000Z',
			payload: { content: 'Yes', author: { type: 'AGENT', name: 'Zoe' } },
			...change,
		};
		return { event: 'message_created', conversationId, timestamp: new Date().toISOString(), raw };
	};

	const texts = async (
		items: Array<ReturnType<typeof message>>,
		more: { options?: INodeParameters; mode?: WorkflowExecuteMode; id?: string } = {},
	) => {
		const { outputs, error } = await runNode('talkdeskTrigger', {
			credential: {},
			parameters: { events: ['message_created'], options: more.options ?? {} },
			items,
			...(more.id && { node: { id: more.id } }),
			...(more.mode && { mode: more.mode }),
		});
		expect(error).toBeUndefined();
		return outputs.flatMap((output) => output?.map(({ json }) => json.conversationId) ?? []);
	};

	it('is left out, and the execution is a success without items', async () => {
		const first = message();
		expect(await texts([first])).toEqual([first.conversationId]);
		expect(await texts([first])).toEqual([]);
		expect(await texts([{ ...first, timestamp: '2030-01-01T00:00:00.000Z' }])).toEqual([]);
	});

	it('is left out beside new ones, and side by side with itself', async () => {
		const [known, fresh, other] = [message(), message(), message()];
		await texts([known]);
		expect(await texts([known, fresh, fresh])).toEqual([fresh.conversationId]);
		const results = await Promise.all(Array.from({ length: 20 }, () => texts([other])));
		expect(results.flat()).toEqual([other.conversationId]);
	});

	it('counts as new where nothing tells it from another one', async () => {
		const one = message({ timestamp: undefined });
		expect(await texts([one, one])).toHaveLength(2);
		expect(await texts([one])).toHaveLength(1);
	});

	it('counts as new for another trigger', async () => {
		const one = message();
		await texts([one]);
		expect(await texts([one], { id: 'node-2' })).toHaveLength(1);
		const [first, second] = [message(), message()];
		const ids = ['node-3', 'node-4', 'node-3', 'node-4'];
		await Promise.all(ids.map(async (id) => await texts([first, second], { id })));
		for (const id of ids) expect(await texts([first, second], { id })).toEqual([]);
	});

	it('comes through where the option is off, and is not remembered', async () => {
		const one = message();
		const options = { ignoreDuplicates: false };
		expect(await texts([one], { options })).toHaveLength(1);
		expect(await texts([one], { options })).toHaveLength(1);
		expect(await texts([one])).toHaveLength(1);
	});

	it('comes through in a test in the editor, and is not remembered', async () => {
		const one = message();
		expect(await texts([one], { mode: 'manual' })).toHaveLength(1);
		expect(await texts([one], { mode: 'manual' })).toHaveLength(1);
		expect(await texts([one])).toHaveLength(1);
	});

	it('comes through when somebody repeats a failed execution, and stays known', async () => {
		const one = message();
		await texts([one]);
		expect(await texts([one], { mode: 'retry' })).toHaveLength(1);
		expect(await texts([one])).toEqual([]);
		const crashed = message();
		expect(await texts([crashed], { mode: 'retry' })).toHaveLength(1);
		expect(await texts([crashed])).toEqual([]);
	});

	it('is recorded twice by a process that takes no calls, which has others beside it', async () => {
		const records = jest.spyOn(RememberedInMemory.prototype, 'checkProcessedAndRecord');
		const recorded = async () => {
			records.mockClear();
			await texts([message()]);
			await new Promise((resolve) => setImmediate(resolve));
			return records.mock.calls.length;
		};
		expect(await recorded()).toBe(2);
		noteCall();
		expect(await recorded()).toBe(1);
		records.mockRestore();
	});
});
