import { conversationOf } from '../tools/demo/conversation.mts';
import { environment } from '../support/environmentFixture.mts';
import { createSingleNodeWorkflow } from '../support/singleNodeWorkflow.mts';

let sessions = 0;

/** A new customer of the example. */
export const newCustomer = (name: string) => {
	const email = `${name}-${++sessions}@example.com`;
	return {
		email,
		customer: environment.chat.customer({ sessionId: `${name}-${sessions}`, email, name }),
	};
};

/** The texts of the customer in a conversation. */
export const textsOf = (conversationId: string) =>
	(environment.talkdesk.conversation(conversationId)?.messages ?? [])
		.filter(({ from }) => from === 'customer')
		.map(({ content }) => content);

/** A new customer whose conversation an agent has joined. */
export async function handedOver(name: string) {
	const { email, customer } = newCustomer(name);
	const answer = await customer.says('I want to talk to a human');
	expect(answer.handledBy).toBe('human');
	const { id } = await conversationOf(environment.talkdesk, email);
	await environment.talkdesk.agent.join(id, { name: 'Zoe' });
	return { customer, email, id };
}

/** The number of executions of the example. */
export const countExecutions = async () =>
	(await environment.n8n.api.executions({ workflowId: environment.workflowId })).length;

/** Ends a conversation by the Talkdesk node, in a workflow that is run by hand. @returns its execution */
export async function endByNode(conversationId: string) {
	const { api } = environment.n8n;
	const id = await createSingleNodeWorkflow(api, {
		name: 'Talkdesk',
		type: 'n8n-nodes-talkdesk.talkdesk',
		typeVersion: 1,
		parameters: { resource: 'conversation', operation: 'end', conversationId, options: {} },
		credentials: { talkdeskOAuth2Api: environment.credential },
	});
	return await api.run(id);
}
