import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
} from 'n8n-workflow';

import { credentialTestMethods } from './api/credentialTest';
import { executeTrigger } from './trigger/executeTrigger';
import { optionsProperty, readTriggerOptions } from './trigger/options';
import { webhook, webhooks } from './trigger/webhook';

export class TalkdeskTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Talkdesk Trigger',
		name: 'talkdeskTrigger',
		icon: { light: 'file:talkdesk.svg', dark: 'file:talkdesk.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description:
			'Starts the workflow when a Talkdesk Digital Connect conversation starts, ends, or receives a message from an agent',
		defaults: { name: 'Talkdesk Trigger' },
		builderHint: {
			searchHint:
				'Receives what human agents write. Send text to the chat that sessionId names, with the node of its channel. Leave out items without a sessionId, and those whose author.kind is customer: Talkdesk may send back what the customer wrote. agentJoined is true on the first message of each human, and handedBack on the end that gives the chat back to the bot.',
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-talkdesk.talkdesk',
					relationHint: 'Hands chats over to the agents whose messages come out here',
				},
			],
		},
		inputs: [],
		outputs: `={{ [["conversation_started", "Started"], ["message_created", "Message"], ["conversation_ended", "Ended"]].filter(([event]) => $parameter["events"].includes(event)).map(([, displayName]) => ({ type: "main", displayName })) }}`,
		credentials: [
			{ name: 'talkdeskOAuth2Api', required: true, testedBy: 'talkdeskCredentialTest' },
		],
		webhooks,
		triggerPanel: {
			header: 'Pull in events from Talkdesk',
			executionsHelp: {
				inactive:
					'<b>While you build your workflow</b>, use the test URL as the base path of your Talkdesk integration, execute this step and send a message as an agent. The executions show up in the editor.<br /><br /><b>To run your workflow automatically</b>, change the base path to the production URL and publish the workflow. These executions show up in the executions list, but not in the editor.',
				active:
					'The workflow runs for every call of Talkdesk to the production URL. These executions show up in the executions list, but not in the editor.',
			},
			activationHint:
				'To run your workflow automatically, publish it and use the production URL as the base path of your Talkdesk integration.',
		},
		properties: [
			{
				displayName:
					'1. In Talkdesk, open Builder > Integrations and create a custom integration. Use the production URL from ‘Webhook URLs’ above as its base path.',
				name: 'basePathNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName:
					'2. Set up the authentication selected in the credential. API Key: the header X-Api-Key with the Webhook API Key. Basic Auth: Webhook User and Webhook Password. OAuth 2.0: Webhook Client ID and Webhook Client Secret, and the base path followed by /oauth/token as the token URL.',
				name: 'authenticationNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName:
					'3. Add three actions with the method POST and these relative paths: /conversation_started, /message_created, /conversation_ended',
				name: 'actionsNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Trigger On',
				name: 'events',
				type: 'multiOptions',
				required: true,
				options: [
					{
						name: 'Conversation Ended',
						value: 'conversation_ended',
						description: 'The conversation has ended and the bot can take over again',
					},
					{
						name: 'Conversation Started',
						value: 'conversation_started',
						description: 'A conversation has started, for example because an agent opened it',
					},
					{
						name: 'Message Created',
						value: 'message_created',
						description: 'The conversation has a new message, usually from the agent',
					},
				],
				default: ['conversation_started', 'message_created', 'conversation_ended'],
				hint: 'Each event has its own output, in the order started, message, ended. Connections keep the number of their output: check them after you add or remove an event.',
			},
			optionsProperty,
		],
	};

	methods = credentialTestMethods;

	async webhook(this: IWebhookFunctions) {
		return await webhook.call(this);
	}

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await executeTrigger.call(this, readTriggerOptions(this));
	}
}
