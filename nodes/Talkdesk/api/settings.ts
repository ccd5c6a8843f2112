import { z } from 'zod';

import { parsePrivateKey, type SigningKey } from './privateKey';

/** The name of the credential type. n8n's linter wants it spelled out in the nodes and the credential. */
export const CREDENTIAL_TYPE = 'talkdeskOAuth2Api';

/**
 * The hosts of each region. Those of other regions aren't documented, so users enter both URLs (region `custom`).
 * Source: docs.talkdesk.com/docs/how-to-guarantee-your-app-works-in-all-regions.
 */
const REGIONS = {
	us: {
		name: 'United States',
		tokenDomain: 'talkdeskid.com',
		apiBaseUrl: 'https://api.talkdeskapp.com',
		appDomain: 'mytalkdesk.com',
	},
	eu: {
		name: 'Europe',
		tokenDomain: 'talkdeskid.eu',
		apiBaseUrl: 'https://api.talkdeskapp.eu',
		appDomain: 'mytalkdesk.eu',
	},
	ca: {
		name: 'Canada',
		tokenDomain: 'talkdeskidca.com',
		apiBaseUrl: 'https://api.talkdeskappca.com',
		appDomain: 'mytalkdeskca.com',
	},
} as const;

/** Whether a character is white space or invisible; copied text may be surrounded by such. */
const isBlank = (character = '') => /[\s\p{Cc}\p{Cf}]/u.test(character);

/** The value without white space and invisible characters at its ends. */
export function trimPasted(value: string): string {
	let start = 0;
	let end = value.length;
	while (start < end && isBlank(value[start])) start++;
	while (end > start && isBlank(value[end - 1])) end--;
	return value.slice(start, end);
}

const text = z
	.string()
	.nullish()
	.transform((value) => trimPasted(value ?? ''));

const credentialSchema = z.object({
	/** Any text, since an expression may return it. */
	region: text,
	accountName: text,
	tokenUrl: text,
	apiBaseUrl: text,
	/** Any text, as the region. */
	clientAuthentication: text,
	clientId: text,
	clientSecret: text,
	keyId: text,
	privateKey: text,
	touchpointId: text,
	accessToken: text,
});

/** Anything else is an error: the default would send the client secret to another region. */
const regionSchema = z.enum(['us', 'eu', 'ca', 'custom']);

/** How the client authenticates at the token URL: with its secret, or with an assertion that its private key signs. */
type ClientAuthentication =
	| { type: 'secret'; clientSecret: string }
	| { type: 'privateKey'; keyId: string; key: SigningKey };

/** The validated settings for requests to Talkdesk. */
export interface TalkdeskSettings {
	/** Such as `https://acme.talkdeskid.com/oauth/token`. */
	tokenUrl: string;
	/** Such as `https://api.talkdeskapp.com`, without a final slash. */
	apiBaseUrl: string;
	clientId: string;
	authentication: ClientAuthentication;
	/** Empty if the credential has none; operations may have their own. */
	touchpointId: string;
	/** The token that n8n stores with the credential; empty if there is none. */
	accessToken: string;
}

/** The settings, or a sentence for the user that says how to correct the credential. */
export type SettingsResult =
	| { ok: true; settings: TalkdeskSettings }
	| { ok: false; problem: string };

/** The domains of non-production accounts, under any top-level domain. Source: public code. */
const TEST_DOMAINS = [
	{ domain: 'gettalkdesk', kind: 'staging' },
	{ domain: 'trytalkdesk', kind: 'QA' },
];

/** The account, with the region if a URL was entered; or a sentence for the user. */
export type AccountResult =
	| { ok: true; account: string; region?: keyof typeof REGIONS }
	| { ok: false; problem: string };

/**
 * The account of an account name or URL.
 *
 * @param accountName a name (`acme`), or a URL of the account (`https://acme.mytalkdesk.com/atlas`)
 * @returns the account in lower case, and the region of the URL's host. An unknown host is a problem: the client secret
 * must not go to another account of the same name.
 * Source: docs.talkdesk.com/docs/authentication (the account name is the subdomain of the web app).
 */
export function parseAccountName(accountName: string): AccountResult {
	const [authority = ''] = trimPasted(accountName)
		.toLowerCase()
		.replace(/^(?:(?:https?:|[a-z]{1,10}:(?=\/\/))[/\\]*)*[/\\]*/, '')
		.split(/[/?#\\]/);
	const host = authority
		.replace(/:\d*$/, '')
		.replace(/\.$/, '')
		.replace(/^www\.(?=.)/, '');
	const dot = host.indexOf('.');
	const account = dot === -1 ? host : host.slice(0, dot);
	if (!/^[a-z0-9][a-z0-9-]*$/.test(account)) return wrong(ENTER_ACCOUNT);
	if (dot === -1) return { ok: true, account };

	const domain = host.slice(dot + 1);
	for (const region of ['us', 'eu', 'ca'] as const) {
		const { appDomain, tokenDomain } = REGIONS[region];
		if (domain === appDomain || domain === tokenDomain) return { ok: true, account, region };
	}
	const testDomain = TEST_DOMAINS.find(({ domain: known }) => host.split('.').includes(known));
	return testDomain
		? wrong(
				`The 'Account Name' is the URL of a Talkdesk ${testDomain.kind} account. Its hosts are not documented: set 'Region' to Custom and enter 'Token URL' and 'API Base URL'.`,
			)
		: wrong(
				`The 'Account Name' has the domain "${domain}", which does not belong to the Talkdesk regions ${REGION_NAMES}. Enter the name alone (acme in https://acme.mytalkdesk.com), or set 'Region' to Custom and enter both URLs.`,
			);
}

const REGION_NAMES = Object.values(REGIONS)
	.map(({ name }) => name)
	.join(', ');
const ENTER_ACCOUNT =
	"Enter the 'Account Name': the URL you open Talkdesk with, or its first part (acme in https://acme.mytalkdesk.com).";
const wrong = (problem: string): AccountResult => ({ ok: false, problem });

function isHttpUrl(value: string): boolean {
	return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/**
 * The settings of a decrypted credential.
 *
 * @param credential the fields of `talkdeskOAuth2Api`
 * @returns the settings, or the first problem; never throws
 */
export function parseSettings(credential: unknown): SettingsResult {
	const parsed = credentialSchema.safeParse(credential);
	if (!parsed.success) return problem('The Talkdesk credential cannot be read. Save it again.');
	const { region, accountName, clientId, touchpointId, accessToken } = parsed.data;

	const chosenRegion = regionSchema.safeParse(region.toLowerCase() || 'us');
	if (!chosenRegion.success) {
		return problem(
			`The 'Region' "${region.slice(0, 50)}" is unknown. Select ${REGION_NAMES} or Custom. In an expression, use us, eu, ca or custom.`,
		);
	}
	if (!clientId) return problem("Enter the 'Client ID' of your Talkdesk OAuth client.");
	const client = parseAuthentication(parsed.data);
	if (!client.ok) return client;
	const common = {
		clientId,
		authentication: client.authentication,
		touchpointId,
		accessToken,
	};

	if (chosenRegion.data === 'custom') {
		const { tokenUrl, apiBaseUrl } = parsed.data;
		if (!isHttpUrl(tokenUrl)) {
			return problem(
				"Enter the full 'Token URL', for example https://acme.talkdeskid.com/oauth/token.",
			);
		}
		if (!isHttpUrl(apiBaseUrl)) {
			return problem("Enter the full 'API Base URL', for example https://api.talkdeskapp.com.");
		}
		return {
			ok: true,
			settings: { ...common, tokenUrl, apiBaseUrl: apiBaseUrl.replace(/\/+$/, '') },
		};
	}

	const parsedName = parseAccountName(accountName);
	if (!parsedName.ok) return parsedName;
	// The region of a URL is certain; the field may still have its default.
	const { tokenDomain, apiBaseUrl } = REGIONS[parsedName.region ?? chosenRegion.data];
	return {
		ok: true,
		settings: {
			...common,
			tokenUrl: `https://${parsedName.account}.${tokenDomain}/oauth/token`,
			apiBaseUrl,
		},
	};
}

function problem(sentence: string): { ok: false; problem: string } {
	return { ok: false, problem: sentence };
}

/** Longer than any key ID should be: a private key in the wrong field would be sent as the key's ID. */
const MAX_KEY_ID = 100;

/** The client's authentication, or a sentence for the user. */
function parseAuthentication({
	clientAuthentication,
	clientSecret,
	keyId,
	privateKey,
}: z.output<typeof credentialSchema>):
	| { ok: true; authentication: ClientAuthentication }
	| { ok: false; problem: string } {
	switch (clientAuthentication.toLowerCase()) {
		case '':
		case 'secret':
			return clientSecret
				? { ok: true, authentication: { type: 'secret', clientSecret } }
				: problem("Enter the 'Client Secret' of your Talkdesk OAuth client.");
		case 'privatekey': {
			if (!keyId) return problem("Enter the 'Key ID' of your Talkdesk OAuth client's key.");
			if (keyId.length > MAX_KEY_ID && parsePrivateKey(keyId).ok) {
				return problem("The 'Key ID' holds a private key. Enter the ID of the key instead.");
			}
			if (!privateKey) return problem(`Enter the 'Private Key'. ${KEY_REMEDY}`);
			const parsed = parsePrivateKey(privateKey);
			return parsed.ok
				? { ok: true, authentication: { type: 'privateKey', keyId, key: parsed.key } }
				: problem(`The 'Private Key' ${parsed.problem}. ${KEY_REMEDY}`);
		}
		default:
			return problem(
				`The 'Client Authentication' "${clientAuthentication.slice(0, 50)}" is unknown. Select Client Secret or Private Key. In an expression, use secret or privateKey.`,
			);
	}
}

/** Source: docs.talkdesk.com/docs/signed-jwt. */
const KEY_REMEDY =
	'Paste the whole private key that Talkdesk gave you with the OAuth client. Talkdesk does not store it: if it is lost, create a new one (in Talkdesk: Builder > OAuth Clients).';
