import { generateKeyPairSync } from 'node:crypto';

import { scopes } from './contract.mts';
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

/**
 * A client that signs its token requests, with a new key.
 *
 * @returns `client` for the simulator's option `clients`; `fields` of the credential in n8n, with the key as Talkdesk shows
 * it: base64 of PKCS#8 without PEM lines
 */
export function createSigningClient({ id = 'signing-client', keyId = 'local-key' } = {}) {
	const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	return {
		privateKey,
		client: {
			id,
			keys: [
				{ id: keyId, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
			],
			scopes: [...scopes],
		},
		fields: {
			clientAuthentication: 'privateKey',
			clientId: id,
			keyId,
			privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
		},
	};
}
