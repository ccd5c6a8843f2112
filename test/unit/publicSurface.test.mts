import {
	NodeHelpers,
	Workflow,
	type INodeParameters,
	type INodeType,
	type INodeTypes,
} from 'n8n-workflow';

import { TalkdeskOAuth2Api } from '../../credentials/TalkdeskOAuth2Api.credentials';
import { Talkdesk } from '../../nodes/Talkdesk/Talkdesk.node';
import { TalkdeskTrigger } from '../../nodes/Talkdesk/TalkdeskTrigger.node';

/**
 * What workflows of users are built on, without any text. A workflow keeps names and values, and leaves out a parameter that has
 * its default: a change of any of them changes what those workflows do, without an error.
 *
 * Add to it with `npx jest publicSurface -u`, and look at the difference. Nothing in it may change or go, except in a new
 * version of the node (`version: [1, 2]`).
 */

const TEXTS = ['action', 'description', 'displayName', 'hint', 'placeholder'];
/** What is in there is names and values, whatever they are called. */
const VERBATIM = ['default', 'displayOptions'];

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const keyOf = (entry: unknown) =>
	isObject(entry) ? JSON.stringify([entry.name ?? entry.value, entry.displayOptions]) : '';

/** Parameters, options and values without texts, in an order that doesn't depend on what is shown first. */
function surfaceOf(value: unknown): unknown {
	if (Array.isArray(value)) {
		const entries = value.filter((entry) => !(isObject(entry) && entry.type === 'notice'));
		return entries.map(surfaceOf).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
	}
	if (!isObject(value)) return value;
	// The name of something that has a value is what users read.
	const texts = 'value' in value ? [...TEXTS, 'name'] : TEXTS;
	const kept = Object.entries(value).filter(([key]) => !texts.includes(key));
	return Object.fromEntries(
		kept.map(([key, part]) => [key, VERBATIM.includes(key) ? part : surfaceOf(part)]),
	);
}

/** The inputs or outputs that n8n gives to a node with these parameters. */
function connectionsOf(type: INodeType, side: 'inputs' | 'outputs', parameters: INodeParameters) {
	const node = {
		id: '1',
		name: 'Node',
		type: 'type',
		typeVersion: 1,
		position: [0, 0] satisfies [number, number],
		parameters,
	};
	const nodeTypes: INodeTypes = {
		getByName: () => type,
		getByNameAndVersion: () => type,
		getKnownTypes: () => ({}),
	};
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	// With the defaults that n8n adds.
	const complete = workflow.nodes.Node ?? node;
	const connections =
		side === 'inputs'
			? NodeHelpers.getNodeInputs(workflow, complete, type.description)
			: NodeHelpers.getNodeOutputs(workflow, complete, type.description);
	return connections
		.map((connection) => (typeof connection === 'string' ? connection : connection.type))
		.join(', ');
}

const describeNode = ({ description }: INodeType) => ({
	name: description.name,
	version: description.version,
	group: description.group,
	usableAsTool: description.usableAsTool,
	credentials: description.credentials,
	webhooks: description.webhooks?.map(({ name, httpMethod, path, isFullPath }) => ({
		name,
		httpMethod,
		path,
		isFullPath,
	})),
	properties: surfaceOf(description.properties),
});

test('the Talkdesk node', () => expect(describeNode(new Talkdesk())).toMatchSnapshot());

test('the Talkdesk Trigger node', () =>
	expect(describeNode(new TalkdeskTrigger())).toMatchSnapshot());

test('the credential', () => {
	const { name, properties } = new TalkdeskOAuth2Api();
	expect({ name, properties: surfaceOf(properties) }).toMatchSnapshot();
});

test('the inputs and outputs of the Talkdesk node', () => {
	const type = new Talkdesk();
	const connections = ['none', 'memory', 'json', 'define'].flatMap((transcriptSource) =>
		[
			{ resource: 'conversation', operation: 'start', transcriptSource },
			{ resource: 'message', operation: 'sendTranscript', transcriptSource },
			{ resource: 'message', operation: 'send', transcriptSource },
		].map((parameters) => [
			`${parameters.operation}, ${transcriptSource}`,
			`${connectionsOf(type, 'inputs', parameters)} > ${connectionsOf(type, 'outputs', parameters)}`,
		]),
	);
	expect(Object.fromEntries(connections)).toMatchSnapshot();
});

test('the outputs of the Talkdesk Trigger: one for each chosen event', () => {
	const type = new TalkdeskTrigger();
	const all = ['conversation_started', 'message_created', 'conversation_ended'];
	const connections = [undefined, [], ...all.map((event) => [event]), all.slice(0, 2), all].map(
		(events) => [
			events?.join(', ') ?? 'by default',
			connectionsOf(type, 'outputs', events ? { events } : {}),
		],
	);
	expect(Object.fromEntries(connections)).toMatchSnapshot();
});
