import type { LocalTalkdesk } from './talkdesk.mts';

/** What a user enters into the credential in n8n for the local Talkdesk as it is by default. */
export const credentialFor = ({ tokenUrl, apiBaseUrl }: LocalTalkdesk) => ({
	region: 'custom',
	tokenUrl,
	apiBaseUrl,
	clientId: 'local-client',
	clientSecret: 'local-secret',
	touchpointId: 'local-touchpoint',
});
