import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
} from 'n8n-workflow';

import { operationProperties } from './actions';
import { router } from './actions/router';
import { inputs } from './parameters/transcript';
import { credentialTestMethods } from './api/credentialTest';
import { onChatMessage } from './waiting/onChatMessage';
import { resumeWebhook, resumeWebhooks } from './waiting/resumeWebhook';

const named = (...names: string[]) =>
	JSON.stringify(names.map((displayName) => ({ type: 'main', displayName })));

/** The outputs of the selected operation: two if it branches. */
const OUTPUTS: `={{${string}}}` = `={{ $parameter["resource"] !== "message" ? ["main"] : $parameter["operation"] === "route" ? ${named('Human', 'Bot')} : $parameter["operation"] === "sendAndWaitForReply" && $parameter["options"]?.alternate ? ${named('Event', 'Second Node')} : ["main"] }}`;

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
		builderHint: {
			searchHint:
				'Hands a chat over to a human agent and back. Enter the session ID of the chat as Session ID in every operation, so that no conversation ID has to be stored. Message > Route sends a customer message to the human who has the chat, or gives it to the bot branch; Conversation > Start hands over; Conversation > End hands back. Messages from agents are output by the Talkdesk Trigger, not by this node.',
			relatedNodes: [
				{
					nodeType: 'n8n-nodes-talkdesk.talkdeskTrigger',
					relationHint: 'Receives what agents write, and the end of the conversation',
				},
				{
					nodeType: '@n8n/n8n-nodes-langchain.agent',
					relationHint:
						'Takes this node as a tool that hands over when the customer asks for a human',
				},
			],
		},
		inputs,
		outputs: OUTPUTS,
		waitingNodeTooltip:
			'Waiting for the next message of the human agent, or the end of the conversation',
		webhooks: resumeWebhooks,
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

	async webhook(this: IWebhookFunctions) {
		return await resumeWebhook.call(this);
	}

	async onMessage(context: IExecuteFunctions, data: INodeExecutionData) {
		return await onChatMessage(context, data);
	}
}
