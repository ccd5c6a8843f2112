import { createSigningClient } from '../simulator/credential.mts';
import { browser } from '../support/browserFixture.mts';
import { environment } from '../support/environmentFixture.mts';
import { pastedForms, wrongKeys } from '../support/keys.mts';
import { createSingleNodeWorkflow } from '../support/singleNodeWorkflow.mts';
import { nodeOf, openExample } from '../tools/demo/pageActions.mts';
import { errorOf, itemsOf } from '../tools/n8n/workflows.mts';

const TYPE = 'talkdeskOAuth2Api';
const TOKEN_ROUTE = 'POST /id/:account/oauth/token';
/** A client that signs its token requests. */
const signing = createSigningClient();
const { privateKey } = signing.fields;

const local = () => ({
	id: 'local-client',
	secret: 'local-secret',
	scopes: signing.client.scopes,
});
beforeAll(() => environment.talkdesk.configure({ clients: [local(), signing.client] }));

const dataWith = (change: Record<string, string> = {}) => ({
	...environment.credentialData,
	clientSecret: '',
	...signing.fields,
	...change,
});
const test = async (change?: Record<string, string>) =>
	await environment.n8n.api.testCredential({ type: TYPE, data: dataWith(change) });
const tokenRequests = () => environment.talkdesk.counts().routes[TOKEN_ROUTE] ?? 0;

/** Expects that no piece of a text, such as a key in base64, is in the words. */
function expectNoPiece(words: string, secret: string) {
	const body = secret.replace(/-----.*?-----|\s/g, '');
	for (let at = 0; at + 16 <= body.length; at += 8) {
		expect(words).not.toContain(body.slice(at, at + 16));
	}
}

/** Runs a Talkdesk node by hand. @returns the execution */
async function runNode(
	parameters: Record<string, unknown>,
	credential: { id: string; name: string },
) {
	const id = await createSingleNodeWorkflow(environment.n8n.api, {
		name: 'Talkdesk',
		type: 'n8n-nodes-talkdesk.talkdesk',
		typeVersion: 1,
		parameters,
		credentials: { [TYPE]: credential },
	});
	return await environment.n8n.api.run(id);
}
const start = { resource: 'conversation', operation: 'start', contactEmail: 'kay@example.com' };

describe('the credential test', () => {
	it.each(pastedForms(privateKey))('passes with %s', async (_, pasted) => {
		expect(await test({ privateKey: pasted })).toEqual({
			status: 'OK',
			message: 'Connection successful: conversations and files.',
		});
	});

	it.each(wrongKeys())('tells %s apart, without a request', async (_, wrong, words) => {
		const before = tokenRequests();
		const { status, message } = await test({ privateKey: wrong });
		expect([status, message]).toEqual(['Error', expect.stringContaining(words)]);
		expect(message).toContain("'Private Key'");
		expectNoPiece(message ?? '', wrong);
		expect(tokenRequests()).toBe(before);
	});

	it.each<[string, Record<string, string>, string]>([
		['a wrong key ID', { keyId: 'wrong' }, 'kid is not a key of the client'],
		[
			'the private key of another client',
			{ privateKey: createSigningClient().fields.privateKey },
			'the signature is not valid',
		],
	])("tells %s apart by Talkdesk's answer", async (_, change, words) => {
		const { status, message } = await test(change);
		expect([status, message]).toEqual(['Error', expect.stringContaining(words)]);
		expect(message).toContain("Check 'Client ID', 'Key ID' and 'Private Key'");
		expectNoPiece(message ?? '', change.privateKey ?? privateKey);
	});

	it('still passes for a credential without the new fields', async () => {
		const { status } = await environment.n8n.api.testCredential(environment.credential.id);
		expect(status).toBe('OK');
	});
});

it('500 messages use one assertion, and a token that dies early costs one more', async () => {
	const { api } = environment.n8n;
	const credential = await api.createCredential('Signing', TYPE, dataWith());
	const before = tokenRequests();
	const started = await runNode(start, credential);
	const conversationId = String(itemsOf(started, 'Talkdesk')[0]?.json.conversationId);
	const texts = (count: number) => `={{ Array.from({ length: ${count} }, (_, n) => n) }}`;
	const { id } = await api.createWorkflow({
		name: 'Many messages',
		nodes: [
			{
				id: '1',
				name: 'Begin',
				type: 'n8n-nodes-base.manualTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			{
				id: '2',
				name: 'Numbers',
				type: 'n8n-nodes-base.set',
				typeVersion: 3.4,
				position: [200, 0],
				parameters: {
					assignments: {
						assignments: [{ id: 'a', name: 'numbers', type: 'array', value: texts(250) }],
					},
				},
			},
			{
				id: '3',
				name: 'Messages',
				type: 'n8n-nodes-base.splitOut',
				typeVersion: 1,
				position: [400, 0],
				parameters: { fieldToSplitOut: 'numbers', options: {} },
			},
			{
				id: '4',
				name: 'Talkdesk',
				type: 'n8n-nodes-talkdesk.talkdesk',
				typeVersion: 1,
				position: [600, 0],
				parameters: {
					resource: 'message',
					operation: 'send',
					conversationId,
					text: '=number {{ $json.numbers }}',
				},
				credentials: { [TYPE]: credential },
			},
		],
		connections: {
			Begin: { main: [[{ node: 'Numbers', type: 'main', index: 0 }]] },
			Numbers: { main: [[{ node: 'Messages', type: 'main', index: 0 }]] },
			Messages: { main: [[{ node: 'Talkdesk', type: 'main', index: 0 }]] },
		},
		settings: { executionOrder: 'v1' },
	});
	const arrived = () => environment.talkdesk.conversation(conversationId)?.messages.length;
	for (const total of [250, 500]) {
		expect(errorOf(await api.run(id))).toBeUndefined();
		expect(arrived()).toBe(total);
	}
	expect(tokenRequests()).toBe(before + 1);

	environment.talkdesk.expireTokens();
	expect(errorOf(await api.run(id))).toBeUndefined();
	expect(arrived()).toBe(750);
	expect(tokenRequests()).toBe(before + 2);
	expect(environment.talkdesk.conversation(conversationId)?.startedBy?.client).toBe(
		'signing-client',
	);
}, 120_000);

it('the key reaches no execution, no log and no answer of n8n', async () => {
	const { api } = environment.n8n;
	const good = await api.createCredential('Good', TYPE, dataWith());
	const broken = await api.createCredential(
		'Broken',
		TYPE,
		dataWith({ privateKey: privateKey.slice(0, -8) }),
	);
	const refused = await api.createCredential('Refused', TYPE, dataWith({ keyId: 'wrong' }));
	const outcomes: string[] = [];
	for (const credential of [good, broken, refused]) {
		const execution = await runNode(start, credential);
		outcomes.push(errorOf(execution) ?? 'success');
		expectNoPiece(JSON.stringify(execution), privateKey);
		expect(JSON.stringify(execution)).not.toContain('client_assertion');
		expectNoPiece(JSON.stringify(await api.credential(credential.id)), privateKey);
	}
	expect(outcomes).toEqual([
		'success',
		expect.stringContaining("The 'Private Key' is cut off"),
		expect.stringContaining('kid is not a key of the client'),
	]);
	expectNoPiece(environment.n8n.log(), privateKey);
	expectNoPiece(JSON.stringify(environment.talkdesk.log), privateKey);
}, 60_000);

it("n8n's dialog asks for the key instead of the secret, and takes PEM with line breaks", async () => {
	const page = await openExample(environment, browser, {
		viewport: { width: 1400, height: 1000 },
	});
	page.setDefaultTimeout(20_000);
	await nodeOf(page, 'Start conversation').dblclick();
	await page.getByTestId('credential-edit-button').click();
	const dialog = page.getByTestId('editCredential-modal');
	const field = (name: string) => dialog.getByTestId(`parameter-input-${name}`).first();
	await field('clientSecret').waitFor();
	await field('clientAuthentication').click();
	await page.getByRole('option', { name: 'Private Key' }).click();
	await field('clientSecret').waitFor({ state: 'detached' });
	await field('clientId').locator('input').fill(signing.client.id);
	await field('keyId').locator('input').fill(signing.fields.keyId);
	const input = field('privateKey').locator('input');
	expect(await input.getAttribute('type')).toBe('password');
	await input.fill(String(signing.privateKey.export({ type: 'pkcs8', format: 'pem' })));
	// The dialog may still show that the former values are right.
	const saved = page.waitForResponse(
		(response) =>
			response.request().method() === 'PATCH' && response.url().includes('/rest/credentials/'),
	);
	await dialog.getByTestId('credential-save-button').click();
	await saved;
	await dialog.getByTestId('credentials-config-container-test-success').waitFor();
	const stored = await environment.n8n.api.testCredential(environment.credential.id);
	expect(stored).toMatchObject({ status: 'OK' });
}, 90_000);
