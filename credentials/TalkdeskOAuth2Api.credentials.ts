import type {
	IAuthenticateGeneric,
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestHelper,
	INodeProperties,
} from 'n8n-workflow';

import { fetchAccessToken } from '../nodes/Talkdesk/api/tokenCache';

/**
 * One credential for both directions: the OAuth client for requests to Talkdesk, and the secrets that Talkdesk sends to
 * the Talkdesk Trigger. Why it doesn't extend `oAuth2Api`: docs/decisions/0004.
 */
export class TalkdeskOAuth2Api implements ICredentialType {
	name = 'talkdeskOAuth2Api';

	displayName = 'Talkdesk OAuth2 API';

	icon = {
		light: 'file:../nodes/Talkdesk/talkdesk.svg',
		dark: 'file:../nodes/Talkdesk/talkdesk.dark.svg',
	} as const;

	documentationUrl = 'https://github.com/n8n-nodes-talkdesk/n8n-nodes-talkdesk#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'Region',
			name: 'region',
			type: 'options',
			options: [
				{ name: 'Canada', value: 'ca' },
				{
					name: 'Custom',
					value: 'custom',
					description: 'Another region, or a Talkdesk simulator: enter both URLs',
				},
				{ name: 'Europe', value: 'eu' },
				{ name: 'United States', value: 'us' },
			],
			default: 'us',
			description:
				"Region of the Talkdesk account. If 'Account Name' is a URL, the region of the URL is used instead.",
		},
		{
			displayName: 'Account Name',
			name: 'accountName',
			type: 'string',
			default: '',
			placeholder: 'e.g. acme or https://acme.mytalkdesk.com',
			hint: 'The URL you open Talkdesk with, or its first part',
			displayOptions: { show: { region: ['us', 'eu', 'ca'] } },
			required: true,
		},
		{
			displayName: 'Token URL',
			name: 'tokenUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://acme.talkdeskid.com/oauth/token',
			displayOptions: { show: { region: ['custom'] } },
			required: true,
		},
		{
			displayName: 'API Base URL',
			name: 'apiBaseUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://api.talkdeskapp.com',
			displayOptions: { show: { region: ['custom'] } },
			required: true,
		},
		{
			displayName: 'Client Authentication',
			name: 'clientAuthentication',
			type: 'options',
			options: [
				{
					name: 'Client Secret',
					value: 'secret',
					description: 'The client ID and secret are sent to the token URL',
				},
				{
					name: 'Private Key',
					value: 'privateKey',
					description: 'n8n signs a new assertion for each token. The key is sent nowhere.',
				},
			],
			default: 'secret',
			description: 'How n8n authenticates when it requests an access token from Talkdesk',
		},
		{
			displayName: 'Client ID',
			name: 'clientId',
			type: 'string',
			default: '',
			required: true,
			hint: 'In Talkdesk: Builder > OAuth Clients',
		},
		{
			displayName: 'Client Secret',
			name: 'clientSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			displayOptions: { show: { clientAuthentication: ['secret'] } },
			required: true,
		},
		{
			displayName: 'Key ID',
			name: 'keyId',
			type: 'string',
			default: '',
			displayOptions: { show: { clientAuthentication: ['privateKey'] } },
			required: true,
			hint: 'Talkdesk shows it with the private key',
		},
		{
			displayName: 'Private Key',
			name: 'privateKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			displayOptions: { show: { clientAuthentication: ['privateKey'] } },
			required: true,
			hint: 'As Talkdesk shows it once, when the OAuth client is created: base64. PEM works, too.',
		},
		{
			displayName: 'Touchpoint ID',
			name: 'touchpointId',
			type: 'string',
			default: '',
			hint: 'In Talkdesk: Admin > Channels > Digital Connect. New conversations start here unless the node sets another touchpoint.',
		},
		{
			displayName:
				'The fields below authenticate calls from Talkdesk to the Talkdesk Trigger. Enter the same values in Talkdesk, in the authentication settings of your custom integration.',
			name: 'webhookNotice',
			type: 'notice',
			default: '',
		},
		{
			displayName: 'Webhook Authentication',
			name: 'webhookAuthentication',
			type: 'options',
			options: [
				{
					name: 'API Key',
					value: 'apiKey',
					description: 'Talkdesk sends the key in the X-Api-Key header',
				},
				{
					name: 'Basic Auth',
					value: 'basicAuth',
					description: 'Talkdesk sends a user and a password',
				},
				{
					name: 'None',
					value: 'none',
					description: 'Anyone who knows the webhook URL can send messages to your customers',
				},
				{
					name: 'OAuth 2.0',
					value: 'oAuth2',
					description:
						'Talkdesk requests an access token from the trigger. Token URL: the webhook URL followed by /oauth/token.',
				},
			],
			default: 'apiKey',
			description: 'How Talkdesk authenticates when it calls the Talkdesk Trigger',
		},
		{
			displayName:
				'Without authentication, anyone who knows the webhook URL can send messages to your customers in the name of your agents. Use this only for tests on your own machine.',
			name: 'webhookNoneNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { webhookAuthentication: ['none'] } },
		},
		{
			displayName: 'Webhook API Key',
			name: 'webhookApiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			displayOptions: { show: { webhookAuthentication: ['apiKey'] } },
			hint: 'A long random value of your choice. While it is empty, the trigger rejects every call.',
		},
		{
			displayName: 'Webhook User',
			name: 'webhookUser',
			type: 'string',
			default: '',
			displayOptions: { show: { webhookAuthentication: ['basicAuth'] } },
		},
		{
			displayName: 'Webhook Password',
			name: 'webhookPassword',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			displayOptions: { show: { webhookAuthentication: ['basicAuth'] } },
			hint: 'While user or password is empty, the trigger rejects every call',
		},
		{
			displayName: 'Webhook Client ID',
			name: 'webhookClientId',
			type: 'string',
			default: '',
			displayOptions: { show: { webhookAuthentication: ['oAuth2'] } },
			hint: 'A name of your choice. In Talkdesk, the token URL is the webhook URL of the trigger followed by /oauth/token.',
		},
		{
			displayName: 'Webhook Client Secret',
			name: 'webhookClientSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			displayOptions: { show: { webhookAuthentication: ['oAuth2'] } },
			hint: 'A long random value of your choice. While ID or secret is empty, the trigger rejects every call.',
		},
		{
			displayName: 'Access Token',
			name: 'accessToken',
			type: 'hidden',
			typeOptions: { expirable: true, password: true },
			default: '',
		},
		{
			displayName: 'Access Token Owner',
			name: 'accessTokenOwner',
			type: 'hidden',
			typeOptions: { password: true },
			default: '',
		},
	];

	/** A new token. n8n calls this if it holds no token, and after a 401, and stores the result with the credential. */
	async preAuthentication(this: IHttpRequestHelper, credential: ICredentialDataDecryptedObject) {
		return { ...(await fetchAccessToken(this, credential)) };
	}

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.accessToken}}' } },
	};
}
