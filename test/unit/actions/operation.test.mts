import { NodeHelpers } from 'n8n-workflow';

import { resources } from '../../../nodes/Talkdesk/actions';
import { Talkdesk } from '../../../nodes/Talkdesk/Talkdesk.node';

/** The description that n8n gives to the model, with the parameters of a new node. */
function describe(type: string, resource: string, operation: string) {
	const description = { ...new Talkdesk().description, name: type };
	const node = {
		...{ id: '1', name: 'Talkdesk', type: `n8n-nodes-talkdesk.${type}`, typeVersion: 1 },
		position: [0, 0] as [number, number],
	};
	const parameters = NodeHelpers.getNodeParameters(
		description.properties,
		{ resource, operation },
		true,
		false,
		node,
		description,
	);
	return {
		parameters,
		toolDescription: NodeHelpers.getToolDescriptionForNode(
			{ ...node, parameters: parameters ?? {} },
			{ description },
		),
	};
}

const operations = resources.flatMap(({ name, operations }) =>
	operations.flatMap(({ option, toolDescription }) =>
		toolDescription ? [{ resource: name, operation: option.value, toolDescription }] : [],
	),
);

it('an operation without a description for the model is not offered as a tool', () => {
	const others = resources.flatMap(({ operations }) =>
		operations.filter(({ toolDescription }) => !toolDescription),
	);
	expect(others.map(({ option }) => option)).toMatchObject([
		{ value: 'sendAndWaitForReply', displayOptions: { hide: { '@tool': [true] } } },
	]);
});

it.each(operations)(
	'as a tool, $resource: $operation has a description of its own for the model',
	({ resource, operation, toolDescription }) => {
		expect(describe('talkdeskTool', resource, operation).toolDescription).toBe(toolDescription);
		expect(toolDescription).toMatch(/^[A-Z].*\.$/);
	},
);

it('the description of Start says when to call it, and that a human answers afterwards', () => {
	const { toolDescription } = describe('talkdeskTool', 'conversation', 'start');
	expect(toolDescription).toContain('Call this tool when the customer asks for a human');
	expect(toolDescription).toContain('Afterwards a human agent answers the customer');
});

it('a node that is no tool has no such parameter', () => {
	expect(describe('talkdesk', 'conversation', 'start').parameters).not.toHaveProperty(
		'toolDescription',
	);
});
