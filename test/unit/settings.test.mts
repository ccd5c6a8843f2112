import { readAccountName, readSettings, REGIONS } from '../../nodes/Talkdesk/api/settings';

const client = { clientId: 'id', clientSecret: 'secret' };
const settingsOf = (credential: object) => {
	const result = readSettings(credential);
	if (!result.ok) throw new Error(result.problem);
	return result.settings;
};
const problemOf = (credential: object) => {
	const result = readSettings(credential);
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
	])('%s is the account %s', (entered, account) => {
		expect(readAccountName(entered).account).toBe(account);
	});

	it.each([
		['https://acme.mytalkdesk.com', 'us'],
		['https://acme.mytalkdesk.eu', 'eu'],
		['https://acme.mytalkdeskca.com', 'ca'],
		['acme', undefined],
		['https://acme.example.com', undefined],
	])('%s belongs to the region %s', (entered, region) => {
		expect(readAccountName(entered).region).toBe(region);
	});
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
		expect(settings).toMatchObject({ clientId: 'id', clientSecret: 'secret', touchpointId: 'tp' });
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
	])('say what is missing in %j', (credential, field) => {
		expect(problemOf(credential)).toContain(field);
	});

	it('name both regions where the pasted URL belongs to another one', () => {
		const problem = problemOf({
			...client,
			region: 'us',
			accountName: 'https://acme.mytalkdesk.eu/atlas',
		});
		expect(problem).toContain(REGIONS.eu.name);
		expect(problem).toContain(REGIONS.us.name);
	});
});
