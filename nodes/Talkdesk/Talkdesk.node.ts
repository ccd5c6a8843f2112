import type { IExecuteFunctions, INodeType, INodeTypeDescription } from 'n8n-workflow';

import { operationProperties } from './actions';
import { router } from './actions/router';
import { inputs } from './parameters/transcript';
import { credentialTestMethods } from './api/credentialTest';

export class Talkdesk implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Talkdesk',
		name: 'talkdesk',
		icon: { light: 'file:talkdesk.svg', dark: 'file:talkdesk.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description:
			'Hand chats over to human agents in Talkdesk Digital Connect, send them messages and files, and create cases',
		defaults: { name: 'Talkdesk' },
		usableAsTool: true,
		inputs,
		outputs: `={{ $parameter["resource"] === "message" && $parameter["operation"] === "route" ? [{ type: "main", displayName: "Human" }, { type: "main", displayName: "Bot" }] : ["main"] }}`,
		credentials: [
			{ name: 'talkdeskOAuth2Api', required: true, testedBy: 'talkdeskCredentialTest' },
		],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Attachment', value: 'attachment' },
					{ name: 'Case', value: 'case' },
					{ name: 'Conversation', value: 'conversation' },
					{ name: 'Message', value: 'message' },
				],
				default: 'conversation',
			},
			...operationProperties,
		],
	};

	methods = credentialTestMethods;

	async execute(this: IExecuteFunctions) {
		return await router.call(this);
	}
}
