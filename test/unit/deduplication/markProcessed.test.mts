import type { IExecuteFunctions } from 'n8n-workflow';

import { markProcessed } from '../../../nodes/Talkdesk/deduplication/database';

/** Nodes of a workflow, and the calls of n8n's database. */
function workflow() {
	const calls: unknown[][] = [];
	const node = (id: string): IExecuteFunctions =>
		Object.create({
			getNode: () => ({ id, name: id }),
			getWorkflow: () => ({ id: 'workflow' }),
			logger: { warn: () => undefined },
			helpers: {
				checkProcessedAndRecord: async (...call: unknown[]) => {
					calls.push(call);
					return await Promise.resolve({ new: call[0], processed: [] });
				},
			},
		});
	return { calls, node };
}
beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('keys of a node are its own: 2,000 of them', async () => {
	const { calls, node } = workflow();
	const both = [markProcessed(node('a'), 'key'), markProcessed(node('b'), 'key')];
	expect(await Promise.all(both)).toEqual([true, true]);
	const call = [['key'], 'node', { mode: 'entries', maxEntries: 2000 }];
	expect(calls).toEqual([call, call]);
});

it('keys of a workflow are common to its nodes: 10,000 of them', async () => {
	const { calls, node } = workflow();
	const all = ['a', 'b', 'c'].map(
		async (id) => await markProcessed(node(id), `key ${id}`, 'workflow'),
	);
	expect(await Promise.all(all)).toEqual([true, true, true]);
	const options = { mode: 'entries', maxEntries: 10_000 };
	expect(calls).toEqual([[['key a', 'key b', 'key c'], 'workflow', options]]);
});
