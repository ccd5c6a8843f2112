import type { INode } from 'n8n-workflow';

/** The Talkdesk node as errors carry it. */
export const NODE: INode = {
	id: '1',
	name: 'Talkdesk',
	type: 'talkdesk',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};
