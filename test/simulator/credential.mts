import type { TalkdeskSimulator } from './simulator.mts';

/** The fields of the credential in n8n for a simulator with default settings. */
export const credentialFor = ({ tokenUrl, apiBaseUrl }: TalkdeskSimulator) => ({
	region: 'custom',
	tokenUrl,
	apiBaseUrl,
	clientId: 'local-client',
	clientSecret: 'local-secret',
	touchpointId: 'local-touchpoint',
});
