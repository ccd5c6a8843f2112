import { noteWebhook } from '../../nodes/Talkdesk/sessions/processRole';
import './fixtures.mts';
import { dataTables, own, says, trigger, ZOE } from './session-fixtures.mts';

/*
 * The main process of queue mode takes webhook calls, and runs tests: n8n puts nothing else into it. Starts, ends and waits are
 * in workers.
 */

it('a test finds what a worker has stored since the last one', async () => {
	noteWebhook();
	const { workflowId } = own();
	const test = async (text: string) =>
		(await trigger([says('c1', text, ZOE)], { mode: 'manual', workflowId })).events;
	expect((await test('Hi'))[0]).not.toHaveProperty('sessionId');
	Object.assign(dataTables, { tables: 1 });
	dataTables.rows = [{ id: 1, conversationId: 'c1', sessionId: 's1', status: 'open' }];
	await new Promise((resolve) => setTimeout(resolve, 2_100));
	expect(await test('Ho')).toMatchObject([{ sessionId: 's1' }]);
});

it('and waits for a conversation that a worker may be starting', async () => {
	const test = trigger([says('c2', 'Hi', ZOE)], { mode: 'manual' });
	Object.assign(dataTables, { tables: 1 });
	dataTables.rows = [];
	setTimeout(() => {
		dataTables.rows?.push({ id: 1, conversationId: 'c2', sessionId: 's1', status: 'open' });
	}, 600);
	expect((await test).events).toMatchObject([{ sessionId: 's1' }]);
});
