import type { Fault } from '../simulator/faults.mts';
import { createSigningClient } from '../simulator/credential.mts';
import { pastedForms, wrongKeys } from '../support/keys.mts';
import { contents, credential, failFirst, run, SEND, START, talkdesk } from './fixtures.mts';

const TOKEN_ROUTE = 'POST /id/:account/oauth/token';
const { client, fields } = createSigningClient();

beforeEach(() => {
	talkdesk.configure({ clients: [client] });
	Object.assign(credential, fields, { clientSecret: '' });
});

const tokenRequests = () => talkdesk.counts().routes[TOKEN_ROUTE] ?? 0;

it.each(pastedForms(fields.privateKey))('a conversation starts with %s', async (_, privateKey) => {
	Object.assign(credential, { privateKey });
	const { error } = await run(START);
	expect(error).toBeUndefined();
	expect(talkdesk.conversations()).toMatchObject([{ startedBy: { client: client.id } }]);
});

it.each(wrongKeys())(
	'no request is made with %s, and no error has a part of it',
	async (_, privateKey, words) => {
		Object.assign(credential, { privateKey });
		const { error, everything } = await run(START);
		expect(error?.message).toContain(words);
		expect(error?.message).toContain('Paste the whole private key');
		expect(error?.description).toBe('Open the credential and test it.');
		expect(talkdesk.log).toEqual([]);
		const body = privateKey.replace(/-----.*?-----|\s/g, '');
		for (let at = 0; at + 16 <= body.length; at += 8) {
			expect(everything).not.toContain(body.slice(at, at + 16));
		}
	},
);

it.each([
	['a wrong key ID', { keyId: 'unknown' }, 'kid is not a key of the client'],
	['another private key', createSigningClient().fields, 'signature is not valid'],
	['another client ID', { clientId: 'nobody' }, 'iss and sub are not a known client'],
])('%s is refused in the words of Talkdesk', async (_, change, words) => {
	Object.assign(credential, change);
	const { error } = await run(START);
	expect(error?.message).toContain(words);
	expect(error?.message).toContain("Check 'Client ID', 'Key ID' and 'Private Key'");
	expect(tokenRequests()).toBe(1);
});

it('a hundred messages need one assertion, and one more if the token dies early', async () => {
	const { items } = await run(START);
	const conversationId = items[0]?.json.conversationId;
	const send = async (texts: string[], executionId: string) =>
		await run(SEND, { items: texts.map((text) => ({ conversationId, text })), executionId });
	const texts = Array.from({ length: 100 }, (_, n) => `message ${n}`);
	expect((await send(texts, 'first')).error).toBeUndefined();
	expect(tokenRequests()).toBe(1);
	talkdesk.expireTokens();
	expect((await send(['one more'], 'second')).error).toBeUndefined();
	expect(tokenRequests()).toBe(2);
	expect(contents(conversationId)).toEqual([...texts, 'one more']);
});

it.each<Fault>([
	{ kind: 'cut', when: 'after' },
	{ kind: 'unavailable', status: 502, when: 'after' },
	{ kind: 'rateLimited', retryAfterSeconds: 1 },
])('a token request that fails is repeated with a new assertion: %j', async (fault) => {
	failFirst('POST /id/', fault);
	const { error } = await run(START);
	expect(error).toBeUndefined();
	expect(tokenRequests()).toBe(2);
});

it.each<Fault | undefined>([
	undefined,
	{ kind: 'rateLimited', retryAfterSeconds: 3600 },
	{ kind: 'tokenDies' },
])('the key and its assertions are never disclosed, with the fault %j', async (fault) => {
	const logged: string[] = [];
	for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
		jest.spyOn(console, level).mockImplementation((...words) => void logged.push(words.join(' ')));
	}
	talkdesk.configure({
		faults: ({ route }) =>
			fault?.kind === 'tokenDies' && route.includes('oauth') ? undefined : fault,
	});
	const { error, everything } = await run({ ...START, options: { maxRetries: 1 } });
	jest.restoreAllMocks();
	expect(error === undefined).toBe(fault === undefined);
	const words = [everything, error?.message, error?.description, error?.stack, ...logged].join();
	expect(words).not.toContain('client_assertion');
	expect(words).not.toMatch(/eyJ[\w-]+\.[\w-]+\./);
	for (let at = 0; at + 16 <= fields.privateKey.length; at += 8) {
		expect(words).not.toContain(fields.privateKey.slice(at, at + 16));
	}
});

it('another key takes effect at once', async () => {
	expect((await run(START)).error).toBeUndefined();
	const next = createSigningClient({ keyId: 'next-key' });
	Object.assign(credential, next.fields);
	const { error } = await run(START, { executionId: 'execution-2' });
	expect(error?.message).toContain('kid is not a key of the client');
	talkdesk.configure({ clients: [next.client] });
	expect((await run(START, { executionId: 'execution-2' })).error).toBeUndefined();
});
