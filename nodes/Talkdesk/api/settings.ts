import { z } from 'zod';

/** The name of the credential type. n8n's linter wants it spelled out in the nodes and the credential. */
export const CREDENTIAL_TYPE = 'talkdeskOAuth2Api';

/**
 * Where Talkdesk lives, region by region.
 * Source: docs.talkdesk.com/docs/how-to-guarantee-your-app-works-in-all-regions. Other regions exist, but their
 * hosts aren't documented: for those the user enters both URLs (region `custom`).
 */
export const REGIONS = {
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

/** White space, and what has no width: pages and chats put such characters around what is copied from them. */
const isBlank = (character = '') => /[\s\p{Cc}\p{Cf}]/u.test(character);

/** What somebody has pasted into a field, without what can't be seen at its ends. */
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
	/** Any text: an expression may give it. What it is without one, n8n's default, is `us`. */
	region: text,
	accountName: text,
	tokenUrl: text,
	apiBaseUrl: text,
	clientId: text,
	clientSecret: text,
	touchpointId: text,
	accessToken: text,
});

/** Another region than the one that is meant would get the client's secret. */
const regionSchema = z.enum(['us', 'eu', 'ca', 'custom']);

/** What requests to Talkdesk need, out of the credential: complete and checked. */
export interface TalkdeskSettings {
	/** `https://{account}.talkdeskid.com/oauth/token`, for example. */
	tokenUrl: string;
	/** Without a slash at the end, `https://api.talkdeskapp.com` for example. */
	apiBaseUrl: string;
	clientId: string;
	clientSecret: string;
	/** Empty where the credential names none; operations may name their own. */
	touchpointId: string;
	/** The token n8n keeps with the credential, or an empty string. */
	accessToken: string;
}

/** Settings that can be used, or one sentence on what is wrong with the credential and how to mend it. */
export type SettingsResult =
	| { ok: true; settings: TalkdeskSettings }
	| { ok: false; problem: string };

/** Talkdesk's hosts for accounts that aren't production, on any top-level domain. Seen in public code. */
const TEST_DOMAINS = [
	{ domain: 'gettalkdesk', kind: 'staging' },
	{ domain: 'trytalkdesk', kind: 'QA' },
];

/** An account, and the region of the URL that was entered, where one was; or what is wrong with it. */
export type AccountResult =
	| { ok: true; account: string; region?: keyof typeof REGIONS }
	| { ok: false; problem: string };

/**
 * Reads the account's sub-domain out of what the user entered.
 *
 * @param accountName a name (`acme`) or a URL of the account (`https://acme.mytalkdesk.com/atlas`)
 * @returns the account in lower case, and the region that the URL's host belongs to. A host that isn't known is a problem:
 * the client's secret must not go to another account of the same name.
 * Source: docs.talkdesk.com/docs/authentication (the account name is the sub-domain of the web app).
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
	const test = TEST_DOMAINS.find(({ domain: known }) => host.split('.').includes(known));
	return test
		? wrong(
				`The Account Name is the URL of a ${test.kind} account of Talkdesk, whose hosts aren't documented. Choose Custom as Region and enter its Token URL and API Base URL.`,
			)
		: wrong(
				`The Account Name has '${domain}', which is no domain of Talkdesk's regions ${REGION_NAMES}. Enter the account's name alone, 'acme' in 'https://acme.mytalkdesk.com', or choose Custom as Region and enter both URLs.`,
			);
}

const REGION_NAMES = Object.values(REGIONS)
	.map(({ name }) => name)
	.join(', ');
const ENTER_ACCOUNT =
	"Enter the Account Name: the first part of the URL of your Talkdesk, 'acme' in 'https://acme.mytalkdesk.com', or that URL.";
const wrong = (problem: string): AccountResult => ({ ok: false, problem });

function isHttpUrl(value: string): boolean {
	return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/**
 * Turns the decrypted credential into settings.
 *
 * @param credential the fields of `talkdeskOAuth2Api`, as n8n hands them out
 * @returns the settings, or the first problem found: never throws
 */
export function parseSettings(credential: unknown): SettingsResult {
	const parsed = credentialSchema.safeParse(credential);
	if (!parsed.success) return problem('The Talkdesk credential could not be read. Save it again.');
	const { region, accountName, clientId, clientSecret, touchpointId, accessToken } = parsed.data;

	const known = regionSchema.safeParse(region.toLowerCase() || 'us');
	if (!known.success) {
		return problem(
			`The Region '${region.slice(0, 50)}' is none that is known: choose ${REGION_NAMES}, or Custom. In an expression they are us, eu, ca, and custom.`,
		);
	}
	if (!clientId) return problem('Enter the Client ID of your Talkdesk OAuth client.');
	if (!clientSecret) return problem('Enter the Client Secret of your Talkdesk OAuth client.');
	const common = { clientId, clientSecret, touchpointId, accessToken };

	if (known.data === 'custom') {
		const { tokenUrl, apiBaseUrl } = parsed.data;
		if (!isHttpUrl(tokenUrl)) {
			return problem(
				"Enter the Token URL in full, for example 'https://acme.talkdeskid.com/oauth/token'.",
			);
		}
		if (!isHttpUrl(apiBaseUrl)) {
			return problem("Enter the API Base URL in full, for example 'https://api.talkdeskapp.com'.");
		}
		return {
			ok: true,
			settings: { ...common, tokenUrl, apiBaseUrl: apiBaseUrl.replace(/\/+$/, '') },
		};
	}

	const named = parseAccountName(accountName);
	if (!named.ok) return named;
	// A URL knows its region better than a field that may have been left as it was.
	const { tokenDomain, apiBaseUrl } = REGIONS[named.region ?? known.data];
	return {
		ok: true,
		settings: {
			...common,
			tokenUrl: `https://${named.account}.${tokenDomain}/oauth/token`,
			apiBaseUrl,
		},
	};
}

function problem(sentence: string): SettingsResult {
	return { ok: false, problem: sentence };
}
