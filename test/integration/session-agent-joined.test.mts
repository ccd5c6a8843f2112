import type { IDataObject } from 'n8n-workflow';

import { InMemoryDeduplicator } from './fakes.mts';
import type { RunOptions } from './runNode.mts';
import { event, says, ZOE, trigger } from './session-fixtures.mts';

let conversations = 0;
let calls = 0;

describe('agentJoined', () => {
	const joined = async (items: IDataObject[], more: Partial<RunOptions> = {}) =>
		(await trigger(items, more)).events.map(({ agentJoined }) => agentJoined);

	it('is true for the first message of each human agent, also after a transfer and back', async () => {
		const c = `joined ${++conversations}`;
		const [zoe, max] = [ZOE, { type: 'agent', name: 'Max' }];
		expect(await joined([says(c, '1', zoe)])).toEqual([true]);
		expect(await joined([says(c, '2', zoe)])).toEqual([false]);
		expect(await joined([says(c, '3', max)])).toEqual([true]);
		expect(await joined([says(c, '4', zoe)])).toEqual([false]);
		expect(await joined([says(`${c} other`, '5', zoe)])).toEqual([true]);
	});

	it('is true in each workflow that gets the events', async () => {
		const item = says(`joined ${++conversations}`, '1', ZOE);
		const second = { workflowId: 'another workflow' };
		expect(await joined([item])).toEqual([true]);
		expect(await joined([item], second)).toEqual([true]);
		expect(await joined([{ ...item, eventId: 'later' }], second)).toEqual([false]);
	});

	it('costs one call of the database for a new agent, and none for one who was heard', async () => {
		const c = `joined ${++conversations}`;
		const calls = jest.spyOn(InMemoryDeduplicator.prototype, 'checkProcessedAndRecord');
		try {
			const parameters = { events: ['message_created'], options: { ignoreDuplicates: false } };
			// Of no other test, whose keys may be confirmed just now.
			const more = { parameters, workflowId: `workflow of ${c}` };
			expect(await joined([says(c, '1', ZOE)], more)).toEqual([true]);
			expect(calls).toHaveBeenCalledTimes(1);
			expect(await joined([says(c, '2', ZOE)], more)).toEqual([false]);
			expect(calls).toHaveBeenCalledTimes(1);
		} finally {
			calls.mockRestore();
		}
	});

	it('is missing for anything but a message of a human agent', async () => {
		const c = `not joined ${++conversations}`;
		const authors = [{ type: 'BOT', name: 'Flow' }, { type: 'SYSTEM' }, { type: 'CONTACT' }, {}];
		const items = [
			event('conversation_started', c),
			...authors.map((author, index) => says(c, `${index}`, author)),
			event('conversation_ended', c),
		];
		expect(await joined(items)).toEqual(items.map(() => undefined));
		expect(await joined([says(c, 'Now', ZOE)])).toEqual([true]);
	});

	it('is said again when n8n retries the execution that said it', async () => {
		const message = says(`retried ${++conversations}`, 'Hi', ZOE);
		expect(await joined([message], { executionId: '90' })).toEqual([true]);
		for (const executionId of ['91', '92', '93']) {
			expect(await joined([message], { executionId, retryOf: '90' })).toEqual([true]);
		}
	});

	it('is not said when n8n retries the execution of a later message, however often', async () => {
		const c = `retried ${++conversations}`;
		await joined([says(c, 'Hi', ZOE)]);
		const later = says(c, 'How are you?', ZOE);
		for (const executionId of ['94', '95', '96', '97']) {
			expect(await joined([later], { executionId, retryOf: '94' })).toEqual([false]);
		}
	});

	/** The item of an event that Talkdesk sends; each call has its place. */
	const call = (item: IDataObject) => ({ ...item, callOrder: { order: ++calls } });
	const withDuplicates = {
		parameters: { events: ['message_created'], options: { ignoreDuplicates: false } },
	};
	const without = (item: IDataObject): IDataObject => {
		const { eventId, ...json } = item;
		return eventId === undefined ? item : json;
	};

	it.each<[string, (item: IDataObject) => [IDataObject, IDataObject], Partial<RunOptions>]>([
		['a duplicate', (item) => [item, item], {}],
		['an event without an ID', (item) => [without(item), without(item)], {}],
		['another trigger', (item) => [item, item], { node: { id: 'node-2' } }],
	])(
		'is said again by the execution that said it, and not by that of %s',
		async (_, both, more) => {
			const [first, second] = both(says(`retried ${++conversations}`, 'Hi', ZOE)).map(call);
			const runs: Array<[IDataObject, Partial<RunOptions>, boolean]> = [
				[first ?? {}, {}, true],
				[second ?? {}, more, false],
			];
			for (const retryOf of [undefined, '98', '98', '98']) {
				for (const [item, options, isFirst] of runs) {
					const run = { ...withDuplicates, ...options, ...(retryOf && { retryOf }) };
					expect(await joined([item], run)).toEqual([isFirst]);
				}
			}
		},
	);
});
