import type {
	IAuthenticateGeneric,
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestHelper,
	INodeProperties,
} from 'n8n-workflow';

import { fetchAccessToken } from '../nodes/Talkdesk/api/tokenCache';

/**
 * One credential for both directions: the OAuth client that n8n uses to call Talkdesk, and what Talkdesk must show to
 * be let in by the Talkdesk Trigger.
 *
 * It doesn't extend n8n's `oAuth2Api`: for every child of that type n8n answers a credential test by itself ("is there a
 * token?") before it looks for a test function, and it replaces Talkdesk's `error_description` by a sentence of its own.
 * n8n keeps the token with the credential all the same (`expirable`) and asks for a new one after a 401.
 */
export class TalkdeskOAuth2Api implements ICredentialType {
	name = 'talkdeskOAuth2Api';

	displayName = 'Talkdesk OAuth2 API';

	icon = { light: 'file:talkdesk.svg', dark: 'file:talkdesk.dark.svg' } as const;

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
					description: 'Any other region, or a Talkdesk on your own machine: enter both URLs',
				},
				{ name: 'Europe', value: 'eu' },
				{ name: 'United States', value: 'us' },
			],
			default: 'us',
			description:
				'The region of your Talkdesk account. A URL in Account Name tells it by itself; this is for a name alone.',
		},
		{
			displayName: 'Account Name',
			name: 'accountName',
			type: 'string',
			default: '',
			placeholder: 'e.g. acme or https://acme.mytalkdesk.com',
			hint: 'The URL you use to open Talkdesk, which tells the region too, or its first part',
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
			displayName: 'Client ID',
			name: 'clientId',
			type: 'string',
			default: '',
			required: true,
			hint: 'Talkdesk: Builder > OAuth Clients',
		},
		{
			displayName: 'Client Secret',
			name: 'clientSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
		},
		{
			displayName: 'Touchpoint ID',
			name: 'touchpointId',
			type: 'string',
			default: '',
			hint: 'Talkdesk: Admin > Channels > Digital Connect. Where new conversations start, unless the node names another one.',
		},
		{
			displayName:
				'The fields below are for the other direction: what Talkdesk has to show before the Talkdesk Trigger lets it in. Enter the same in Talkdesk, in the authentication of your custom integration.',
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
					description: 'Talkdesk sends a key in the header X-Api-Key',
				},
				{ name: 'Basic Auth', value: 'basicAuth', description: 'Talkdesk sends user and password' },
				{
					name: 'None',
					value: 'none',
					description: 'Anyone who knows the webhook URL can write to your customers',
				},
				{
					name: 'OAuth 2.0',
					value: 'oAuth2',
					description:
						'Talkdesk fetches a token from the trigger and calls with it. Token URL: the webhook URL + /oauth/token.',
				},
			],
			default: 'apiKey',
			description: 'How Talkdesk proves that a call to the Talkdesk Trigger comes from it',
		},
		{
			displayName:
				'Anyone who knows the webhook URL can write to your customers, as if your agents had written it. Choose this for a try on your own machine only.',
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
			hint: 'A long random text of your choice. While it is empty, the trigger refuses every call.',
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
			hint: 'While user or password is empty, the trigger refuses every call',
		},
		{
			displayName: 'Webhook Client ID',
			name: 'webhookClientId',
			type: 'string',
			default: '',
			displayOptions: { show: { webhookAuthentication: ['oAuth2'] } },
			hint: 'A name of your choice. Enter the same in Talkdesk; the token URL there is the webhook URL of the trigger + /oauth/token.',
		},
		{
			displayName: 'Webhook Client Secret',
			name: 'webhookClientSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			displayOptions: { show: { webhookAuthentication: ['oAuth2'] } },
			hint: 'A long random text of your choice. While ID or secret is empty, the trigger refuses every call.',
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

	/** n8n calls this where it holds no token, and after a 401; it keeps the answer with the credential. */
	async preAuthentication(this: IHttpRequestHelper, credential: ICredentialDataDecryptedObject) {
		return { ...(await fetchAccessToken(this, credential)) };
	}

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.accessToken}}' } },
	};
}
