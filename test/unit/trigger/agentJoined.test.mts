import type { IDataObject, IExecuteFunctions, WorkflowExecuteMode } from 'n8n-workflow';

type Module = typeof import('../../../nodes/Talkdesk/trigger/agentJoined');

/** n8n's database, which outlives the process. */
let database = new Set<string>();
beforeEach(() => {
	database = new Set();
	jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

let executions = 0;
const execution = (mode: WorkflowExecuteMode): IExecuteFunctions =>
	Object.create({
		getNode: () => ({ id: 'node', name: 'Talkdesk Trigger' }),
		getWorkflow: () => ({ id: 'workflow' }),
		getExecutionId: () => String(++executions),
		getMode: () => mode,
		logger: { warn: () => undefined },
		helpers: {
			checkProcessedAndRecord: async (keys: string[]) => {
				const isNew = keys.filter((key) => !database.has(key));
				for (const key of keys) database.add(key);
				return await Promise.resolve({ new: isNew, processed: [] });
			},
		},
	});

/** A process of n8n that has just begun. */
async function newProcess() {
	jest.resetModules();
	const { isFirstOfAgent }: Module = await import('../../../nodes/Talkdesk/trigger/agentJoined');
	return async (order: number, mode: WorkflowExecuteMode) => {
		const author = { kind: 'agent', name: 'Zoe' };
		const json: IDataObject = {
			event: 'message_created',
			conversationId: 'c1',
			eventId: 'e',
			author,
		};
		return await isFirstOfAgent(execution(mode), json, { order });
	};
}

/** Numbers from 0 to 1, the same for a seed. */
function randomFrom(seed: number) {
	let state = seed;
	return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

it('is said by one execution, and by its retries, in any order of messages, retries and restarts', async () => {
	for (let seed = 1; seed <= 6; seed++) {
		database = new Set();
		const random = randomFrom(seed);
		const said = new Map<number, boolean | undefined>();
		/** Executions that have failed before they could say anything. */
		const silent = new Set<number>();
		let joins = await newProcess();
		for (let step = 0; step < 30; step++) {
			const choice = random();
			const order = 1 + Math.floor(random() * 5);
			if (choice < 0.1) joins = await newProcess();
			else if (!said.has(order) && !silent.has(order) && choice < 0.3) silent.add(order);
			else {
				const isRetry = said.has(order) || silent.has(order);
				const answer = await joins(order, isRetry ? 'retry' : 'webhook');
				expect({ seed, order, answer: said.get(order) ?? answer }).toEqual({ seed, order, answer });
				said.set(order, answer);
			}
		}
		const firsts = [...said.values()].filter(Boolean).length;
		expect({ seed, firsts }).toEqual({ seed, firsts: said.size > 0 ? 1 : 0 });
	}
});
