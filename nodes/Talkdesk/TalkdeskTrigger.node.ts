import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
} from 'n8n-workflow';

import { credentialTestMethods } from './api/credentialTest';
import { executeTrigger } from './trigger/execute';
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
			'Starts the workflow when a human agent in Talkdesk Digital Connect joins, writes, or ends the conversation',
		defaults: { name: 'Talkdesk Trigger' },
		inputs: [],
		outputs: `={{ [["conversation_started", "Started"], ["message_created", "Message"], ["conversation_ended", "Ended"]].filter(([event]) => $parameter["events"].includes(event)).map(([, displayName]) => ({ type: "main", displayName })) }}`,
		credentials: [
			{ name: 'talkdeskOAuth2Api', required: true, testedBy: 'talkdeskCredentialTest' },
		],
		webhooks,
		triggerPanel: {
			header: 'Waiting for Talkdesk',
			executionsHelp: {
				inactive:
					'While you test, Talkdesk must call the test URL: use it as the base path of your integration, click “Listen for test event” and let an agent write. Then change the base path to the production URL and publish the workflow.',
				active:
					'The workflow takes every call of Talkdesk at the production URL. The executions are in the executions list, not here.',
			},
			activationHint:
				'Publish the workflow, and use the production URL as the base path of your integration in Talkdesk.',
		},
		properties: [
			{
				displayName:
					'1. In Talkdesk, open Builder > Integrations and create a custom integration. Base path: the production URL from Webhook URLs above.',
				name: 'basePathNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName:
					'2. Authentication, as chosen in the credential. <b>API Key</b>: the header X-Api-Key with the Webhook API Key. <b>Basic Auth</b>: Webhook User and Webhook Password. <b>OAuth 2.0</b>: Webhook Client ID and Webhook Client Secret; the token URL is the base path + /oauth/token. <b>None</b>: nothing, and anyone who knows the URL can write to your customers.',
				name: 'authenticationNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName:
					'3. Three actions, each with the method POST, with these relative paths: /conversation_started, /message_created, /conversation_ended',
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
						description: 'The conversation is over: the bot can take over again',
					},
					{
						name: 'Conversation Started',
						value: 'conversation_started',
						description: 'A human agent has opened the conversation',
					},
					{
						name: 'Message Created',
						value: 'message_created',
						description: 'The human agent has written a message',
					},
				],
				default: ['conversation_started', 'message_created', 'conversation_ended'],
				description:
					'Each chosen event gets an output of its own, in the order started, message, ended',
				hint: 'n8n keeps connections by the number of the output. After you add or take out an event, check what is connected to the outputs behind it.',
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
