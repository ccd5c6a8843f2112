import type { INode, NodeTypeAndVersion } from 'n8n-workflow';

import { hasSecondNode, isWaitExpected } from '../../../nodes/Talkdesk/waiting/waitingNodes';
import { NODE } from '../../support/node.mts';

const WAIT: NodeTypeAndVersion = {
	name: 'Wait',
	type: 'n8n-nodes-talkdesk.talkdesk',
	typeVersion: 1,
	disabled: false,
	parameters: { operation: 'sendAndWaitForReply' },
};
const named = (name: string): INode => ({ ...NODE, name });
/** Whether a wait is expected with these nodes behind Start, and behind the chat trigger if there is one. */
const expected = (behindStart: NodeTypeAndVersion[], behindChat?: NodeTypeAndVersion[]) =>
	isWaitExpected({
		getNode: () => named('Start'),
		getChatTrigger: () => (behindChat ? named('Chat') : null),
		getChildNodes: (name) => (name === 'Chat' ? (behindChat ?? []) : behindStart),
	});

it('a node behind it waits', () => {
	expect(expected([{ ...WAIT, parameters: { operation: 'send' } }, WAIT])).toBe(true);
});

it('a tool of an AI agent is followed by what is behind the chat', () => {
	expect(expected([], [WAIT])).toBe(true);
	expect(expected([], [])).toBe(false);
	expect(expected([])).toBe(false);
});

it.each<[string, Partial<NodeTypeAndVersion>]>([
	['disabled', { disabled: true }],
	['of another operation', { parameters: { operation: 'send' } }],
	['of another package', { type: 'other.talkdeskLike' }],
	['without parameters', { parameters: undefined }],
])('a node that is %s does not wait', (_what, change) => {
	expect(expected([{ ...WAIT, ...change }])).toBe(false);
});

it.each<[string, NodeTypeAndVersion[], boolean]>([
	['another one waits', [WAIT], true],
	['it is alone in its loop', [{ ...WAIT, name: 'Start' }], false],
	['the other one is disabled', [{ ...WAIT, disabled: true }], false],
])('whether a node has a second one: %s', (_what, behind, expected) => {
	const functions = { getNode: () => named('Start'), getChildNodes: () => behind };
	expect(hasSecondNode(functions)).toBe(expected);
});
