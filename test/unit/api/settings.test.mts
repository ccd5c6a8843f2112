import { parseAccountName, parseSettings, trimPasted } from '../../../nodes/Talkdesk/api/settings';
import { createSigningClient } from '../../simulator/credential.mts';
import { wrongKeys } from '../../support/keys.mts';

const client = { clientId: 'id', clientSecret: 'secret' };
const settingsOf = (credential: object) => {
	const result = parseSettings(credential);
	if (!result.ok) throw new Error(result.problem);
	return result.settings;
};
const problemOf = (credential: object) => {
	const result = parseSettings(credential);
	if (result.ok) throw new Error('expected a problem');
	return result.problem;
};

describe('the account name', () => {
	it.each([
		['acme', 'acme'],
		['  ACME ', 'acme'],
		['acme.mytalkdesk.com', 'acme'],
		['https://acme.mytalkdesk.com', 'acme'],
		['https://acme.mytalkdesk.com/atlas/apps?x=1#top', 'acme'],
		['HTTPS://Acme-Two.mytalkdesk.eu/', 'acme-two'],
		['https://acme.talkdeskid.com/oauth/token', 'acme'],
		['https://www.acme.mytalkdesk.com', 'acme'],
		['www.acme.mytalkdesk.eu/atlas', 'acme'],
		['https:acme.mytalkdesk.com', 'acme'],
		['https:/acme.mytalkdesk.com', 'acme'],
		['//acme.mytalkdesk.com', 'acme'],
		['https://https://acme.mytalkdesk.com', 'acme'],
		['https://acme.mytalkdesk.com:443/', 'acme'],
		['acme.mytalkdesk.com.', 'acme'],
		['\u200bacme\u00a0\n', 'acme'],
		['acme/', 'acme'],
	])('%j gives the account %s', (entered, account) => {
		expect(parseAccountName(entered)).toMatchObject({ ok: true, account });
	});

	it.each([
		['https://acme.mytalkdesk.com', 'us'],
		['https://acme.mytalkdesk.eu', 'eu'],
		['https://acme.mytalkdeskca.com', 'ca'],
		['acme.talkdeskid.eu', 'eu'],
		['acme', undefined],
	])('%s gives the region %s', (entered, region) => {
		expect(parseAccountName(entered)).toEqual({
			ok: true,
			account: 'acme',
			...(region && { region }),
		});
	});

	it.each([
		['acme.gettalkdesk.com', 'staging'],
		['https://acme.gettalkdesk.com/atlas', 'staging'],
		['https://www.acme.trytalkdesk.com', 'QA'],
		['https://acme.mytalkdesk.co.uk', 'mytalkdesk.co.uk'],
		['acme.eu', '"eu"'],
		['https://acme.example.com', 'example.com'],
		['https://acme.mytalkdesk.com.example.com', 'mytalkdesk.com.example.com'],
		['https://x.acme.mytalkdesk.com', 'acme.mytalkdesk.com'],
		['https://api.talkdeskapp.com', 'talkdeskapp.com'],
		['https://www.mytalkdesk.com', '"com"'],
	])('%s is rejected with an explanation: %s', (entered, words) => {
		const result = parseAccountName(entered);
		expect(result).toMatchObject({ ok: false, problem: expect.stringContaining(words) });
		expect(!result.ok && result.problem).toContain("set 'Region' to Custom");
	});

	it.each(['acme_corp', 'user@acme.mytalkdesk.com', 'not a name', '', 'https://', '-acme', 'acmé'])(
		'%j is no account name',
		(entered) => {
			expect(parseAccountName(entered)).toMatchObject({
				ok: false,
				problem: expect.stringContaining("Enter the 'Account Name'"),
			});
		},
	);
});

describe('the settings', () => {
	it.each([
		['us', 'https://acme.talkdeskid.com/oauth/token', 'https://api.talkdeskapp.com'],
		['eu', 'https://acme.talkdeskid.eu/oauth/token', 'https://api.talkdeskapp.eu'],
		['ca', 'https://acme.talkdeskidca.com/oauth/token', 'https://api.talkdeskappca.com'],
	])('of the region %s have its URLs', (region, tokenUrl, apiBaseUrl) => {
		expect(settingsOf({ ...client, region, accountName: 'acme' })).toMatchObject({
			tokenUrl,
			apiBaseUrl,
		});
	});

	it('take both URLs of a custom region, without a slash at the end', () => {
		const settings = settingsOf({
			...client,
			region: 'custom',
			tokenUrl: 'https://acme.example.com/oauth/token',
			apiBaseUrl: 'https://api.example.com//',
		});
		expect(settings.tokenUrl).toBe('https://acme.example.com/oauth/token');
		expect(settings.apiBaseUrl).toBe('https://api.example.com');
	});

	it('trim what was pasted', () => {
		const settings = settingsOf({
			accountName: ' acme ',
			clientId: ' id\n',
			clientSecret: ' secret ',
			touchpointId: ' tp ',
		});
		expect(settings).toMatchObject({
			clientId: 'id',
			authentication: { type: 'secret', clientSecret: 'secret' },
			touchpointId: 'tp',
		});
	});

	it.each([
		[{ accountName: 'acme', clientSecret: 's' }, 'Client ID'],
		[{ accountName: 'acme', clientId: 'i' }, 'Client Secret'],
		[{ ...client }, 'Account Name'],
		[{ ...client, accountName: 'not a name' }, 'Account Name'],
		[
			{ ...client, region: 'custom', tokenUrl: 'acme', apiBaseUrl: 'https://a.example' },
			'Token URL',
		],
		[{ ...client, region: 'custom', tokenUrl: 'ftp://a.example', apiBaseUrl: 'x' }, 'Token URL'],
		[{ ...client, region: 'custom', tokenUrl: 'https://a.example' }, 'API Base URL'],
	])('name the invalid field of %j', (credential, field) => {
		expect(problemOf(credential)).toContain(field);
	});

	it('follow the region of a pasted URL instead of the field Region', () => {
		for (const region of ['us', 'ca', 'eu', undefined]) {
			const accountName = 'https://acme.mytalkdesk.eu/atlas';
			expect(settingsOf({ ...client, region, accountName })).toMatchObject({
				tokenUrl: 'https://acme.talkdeskid.eu/oauth/token',
				apiBaseUrl: 'https://api.talkdeskapp.eu',
			});
		}
	});

	it.each(['au', 'Europe', 'eu-west-1', '[object Object]'])(
		'reject the unknown region %j',
		(region) => {
			expect(problemOf({ ...client, region, accountName: 'acme' })).toContain(`"${region}"`);
		},
	);

	it.each([
		['EU', 'https://api.talkdeskapp.eu'],
		[' ca ', 'https://api.talkdeskappca.com'],
		['', 'https://api.talkdeskapp.com'],
		[null, 'https://api.talkdeskapp.com'],
	])('accept the region %j, as an expression may give it', (region, apiBaseUrl) => {
		expect(settingsOf({ ...client, region, accountName: 'acme' })).toMatchObject({ apiBaseUrl });
	});

	it('never point to an account of the same name on another domain', () => {
		expect(problemOf({ ...client, accountName: 'acme.gettalkdesk.com' })).toContain('staging');
	});
});

describe('the client authentication', () => {
	const { fields } = createSigningClient();
	const signing = { accountName: 'acme', ...fields };

	it.each([undefined, null, '', 'secret', ' Secret '])(
		'%j is the client secret, whatever key there is',
		(clientAuthentication) => {
			const credential = { ...signing, ...client, clientAuthentication };
			expect(settingsOf(credential).authentication).toEqual({
				type: 'secret',
				clientSecret: 'secret',
			});
		},
	);

	it.each(['privateKey', ' PRIVATEKEY\n'])(
		'%j is the private key, whatever secret there is',
		(clientAuthentication) => {
			const credential = { ...signing, clientSecret: 'secret', clientAuthentication };
			expect(settingsOf(credential).authentication).toEqual({
				type: 'privateKey',
				keyId: fields.keyId,
				key: { key: expect.anything(), fingerprint: expect.any(String) },
			});
		},
	);

	it('is named if it is unknown', () => {
		expect(problemOf({ ...signing, clientAuthentication: 'jwt' })).toContain(
			`The 'Client Authentication' "jwt" is unknown`,
		);
	});

	it('needs the ID of the key, which is no private key itself', () => {
		expect(problemOf({ ...signing, keyId: ' ' })).toContain("Enter the 'Key ID'");
		const swapped = problemOf({ ...signing, keyId: fields.privateKey, privateKey: fields.keyId });
		expect(swapped).toBe("The 'Key ID' holds a private key. Enter the ID of the key instead.");
	});

	it.each(wrongKeys())('names the field and the remedy for %s', (_, privateKey, words) => {
		const problem = problemOf({ ...signing, privateKey });
		expect(problem).toContain(words);
		expect(problem).toContain("'Private Key'");
		expect(problem).toContain('Paste the whole private key');
	});
});

it.each([
	[' a b\n', 'a b'],
	['\ufeff\u200ba\u2060', 'a'],
	['\u200b \n', ''],
	['', ''],
])('trims %j to %j', (pasted, text) => {
	expect(trimPasted(pasted)).toBe(text);
});
