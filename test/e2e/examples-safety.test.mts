import { z } from 'zod';

import { connectionsSchema } from './examples-canvas.mts';
import { exampleNames, exampleText, nodeOf, readExample } from './examples.mts';

/** What every example does for the customer: nothing is lost, doubled, or read by another one. */

/** Nodes of Talkdesk that may fail without an output for it. */
const UNGUARDED: Record<string, string[]> = {
	// A sub-workflow fails, and so the workflow that called it learns why.
	'ask-a-human-and-wait': ['Ask the human', 'End the conversation'],
	// If n8n can't wait, what the human says comes out of the trigger. Giving up is tried again.
	'no-agent-in-time': ['Wait for an agent', 'Give up'],
	'one-execution-one-conversation': ['Wait for the human', 'Give up'],
	// They tell the customer by themselves; the end leads on to an answer either way. A table that can't be read fails the execution, which n8n's chat shows.
	'ai-agent-in-n8n-chat': ['Human now?', 'Live chat', 'Live chat 2', 'End conversation'],
};

/** Without a session, the trigger drops what no agent has written. */
const WITHOUT_SESSIONS = ['ask-a-human-and-wait'];
/** What the customer reads comes out of no trigger, and n8n's chat has no place for names. */
const IN_N8N_CHAT = ['ai-agent-in-n8n-chat'];
/** The only one that needs to know when a conversation is opened. */
const HEARS_STARTS = ['an-agent-writes-first'];

const ruleSchema = z.object({
	conditions: z.object({
		combinator: z.string(),
		conditions: z.array(
			z.object({
				leftValue: z.string(),
				rightValue: z.string(),
				operator: z.object({ operation: z.string() }),
			}),
		),
	}),
});
const rulesSchema = z.object({ rules: z.object({ values: z.array(ruleSchema) }) });
const positionSchema = z.object({ position: z.tuple([z.number(), z.number()]) });

describe.each(exampleNames)('%s', (name) => {
	const example = readExample(name);

	it('shows no customer an echo, or another conversation', () => {
		const [trigger, ...more] = example.nodes.filter(({ type }) =>
			type.endsWith('.talkdeskTrigger'),
		);
		expect(more).toEqual([]);
		if (WITHOUT_SESSIONS.includes(name)) {
			expect(trigger?.parameters.options).toMatchObject({ onlyAgentMessages: true });
			return;
		}
		// Automated messages reach the customer, too.
		expect(trigger?.parameters.options).not.toHaveProperty('onlyAgentMessages');
		expect(JSON.stringify(trigger?.parameters.events).includes('conversation_started')).toBe(
			HEARS_STARTS.includes(name),
		);
		// All outputs lead to one node, which lets through what is for a customer.
		const outputs = connectionsSchema.parse(example.connections)['Talkdesk Trigger']?.main ?? [];
		const [next, ...others] = new Set(outputs.flat().map((link) => link?.node));
		expect([next, others]).toEqual([expect.any(String), []]);
		if (IN_N8N_CHAT.includes(name)) {
			expect(next).toBe('Remember');
			return;
		}
		const filter = nodeOf(example, next ?? '');
		const rules =
			filter.type === 'n8n-nodes-base.switch'
				? rulesSchema.parse(filter.parameters).rules.values
				: [ruleSchema.parse(filter.parameters)];
		for (const { conditions } of rules) {
			const terms = conditions.conditions.map(
				({ leftValue, operator, rightValue }) => `${leftValue} ${operator.operation} ${rightValue}`,
			);
			expect(conditions.combinator).toBe('and');
			expect(terms).toEqual(
				expect.arrayContaining([
					HEARS_STARTS.includes(name)
						? '={{ !$json.sessionId }} true '
						: '={{ $json.sessionId }} notEmpty ',
					'={{ $json.author?.kind }} notEquals customer',
				]),
			);
			if (!HEARS_STARTS.includes(name)) expect(terms.join()).toContain('$json.handedBack');
		}
	});

	it('tells that a human has joined by that human’s first message', () => {
		if ([...WITHOUT_SESSIONS, ...HEARS_STARTS, ...IN_N8N_CHAT].includes(name)) return;
		expect(exampleText(name)).toContain('$json.agentJoined');
	});

	it('has an error branch for conversations and messages', () => {
		const connections = connectionsSchema.parse(example.connections);
		const unguarded = example.nodes
			.filter(({ type }) => type === 'n8n-nodes-talkdesk.talkdesk')
			.filter((node) => {
				const errorOutput = node.parameters.operation === 'route' ? 2 : 1;
				return (
					node.onError !== 'continueErrorOutput' ||
					!connections[node.name]?.main?.[errorOutput]?.length
				);
			});
		expect(unguarded.map((node) => node.name)).toEqual(UNGUARDED[name] ?? []);
	});

	it('tells the customer before it waits again', () => {
		// n8n runs the upper one of two next nodes first, and what is left after a wait too late.
		const connections = connectionsSchema.parse(example.connections);
		const heightOf = (node = '') => positionSchema.parse(nodeOf(example, node)).position[1];
		for (const { main = [] } of Object.values(connections)) {
			for (const links of main) {
				const next = (links ?? []).map(({ node }) => node);
				const waiting = next.filter(
					(node) => nodeOf(example, node).parameters.operation === 'sendAndWaitForReply',
				);
				const others = next.filter((node) => !waiting.includes(node));
				for (const node of waiting) {
					expect(others.filter((other) => heightOf(other) >= heightOf(node))).toEqual([]);
				}
			}
		}
	});
});
