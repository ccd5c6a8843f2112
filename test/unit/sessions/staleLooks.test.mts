import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { tableOf } from '../../../nodes/Talkdesk/sessions/projectTable';
import { noteWaits, waitsOf } from '../../../nodes/Talkdesk/sessions/waits';
import { NODE } from '../../support/node.mts';

let workflows = 0;

/** A workflow whose operations of the Data Table end when they are told to. */
function workflow() {
	const id = `workflow ${++workflows}`;
	const pending: Array<(rows: IDataObject[]) => void> = [];
	const functions: IExecuteFunctions = Object.create({
		getNode: () => NODE,
		getWorkflow: () => ({ id }),
		executeWorkflow: async () =>
			await new Promise((resolve) =>
				pending.push((rows) => resolve({ data: [rows.map((json) => ({ json }))] })),
			),
	});
	/** Ends the oldest operation. */
	const answer = async (rows: IDataObject[]) => {
		pending.shift()?.(rows);
		await new Promise((resolve) => setImmediate(resolve));
	};
	return { functions, answer };
}
const TABLE = { id: 't1', name: 'talkdesk_conversations' };

it('a look that began before this process created the table is repeated', async () => {
	const trigger = workflow();
	const starter = workflow();
	const look = tableOf(trigger.functions).existing();
	const creation = tableOf(starter.functions).forWriting();
	await starter.answer([TABLE]);
	expect(await creation).toBe('t1');
	await trigger.answer([]);
	await trigger.answer([TABLE]);
	expect(await look).toBe('t1');
	// It is known from now on.
	expect(await tableOf(trigger.functions).existing()).toBe('t1');
});

it('a look that began before an execution waits does not say that none does', async () => {
	const trigger = workflow();
	const find = async () => {
		const found = waitsOf(trigger.functions).find('c1');
		await new Promise((resolve) => setImmediate(resolve));
		return found;
	};
	const known = tableOf(trigger.functions).existing();
	await trigger.answer([TABLE]);
	await known;
	const found = find();
	await new Promise((resolve) => setImmediate(resolve));
	noteWaits(workflow().functions);
	// No row has a URL; then the row of the conversation has one.
	await trigger.answer([]);
	await trigger.answer([{ conversationId: 'c1', resumeUrl: 'https://n8n.test/1' }]);
	expect(await found).toMatchObject({ resumeUrl: 'https://n8n.test/1' });
});
