import type { N8nInstance } from '../n8n/instance.mts';
import { credentialFor } from '../../simulator/credential.mts';
import type { TalkdeskSimulator } from '../../simulator/simulator.mts';
import { CREDENTIAL_TYPE, TALKDESK, type BenchNode } from './bench-workflows.mts';

/** The sending nodes, both as a user sets them up. */
export async function sendersFor({ api }: N8nInstance, talkdesk: TalkdeskSimulator) {
	const data = credentialFor(talkdesk);
	const own = await api.createCredential('Talkdesk', CREDENTIAL_TYPE, data);
	const generic = await api.createCredential('OAuth2', 'oAuth2Api', {
		grantType: 'clientCredentials',
		accessTokenUrl: data.tokenUrl,
		clientId: data.clientId,
		clientSecret: data.clientSecret,
		authentication: 'header',
	});
	const credentials = { [CREDENTIAL_TYPE]: own };
	const start: BenchNode = {
		name: 'Start',
		type: TALKDESK,
		parameters: {
			resource: 'conversation',
			operation: 'start',
			contactEmail: '={{ $json.email }}',
		},
		credentials,
	};
	const ours: BenchNode = {
		name: 'Talkdesk, Message: Send',
		type: TALKDESK,
		parameters: {
			resource: 'message',
			operation: 'send',
			conversationId: '={{ $json.conversationId }}',
			text: '={{ $json.text }}',
		},
		credentials,
	};
	const theirs: BenchNode = {
		name: 'HTTP Request, OAuth2',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			method: 'POST',
			url: `=${data.apiBaseUrl}/digital-connect/conversations/{{ $json.conversationId }}/messages`,
			authentication: 'genericCredentialType',
			genericAuthType: 'oAuth2Api',
			sendHeaders: true,
			headerParameters: { parameters: [{ name: 'x-idempotency-key', value: '={{ $json.key }}' }] },
			sendBody: true,
			bodyParameters: { parameters: [{ name: 'content', value: '={{ $json.text }}' }] },
			options: {},
		},
		credentials: { oAuth2Api: generic },
	};
	return { start, senders: [ours, theirs] };
}
