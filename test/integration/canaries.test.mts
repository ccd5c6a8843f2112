import type { INodeParameters } from 'n8n-workflow';

import { scopes } from '../simulator/contract.mts';
import type { Fault } from '../simulator/faults.mts';
import { credential, END, run, SEND, START, startConversation, talkdesk } from './fixtures.mts';
import { bill } from './sample-files.mts';

/** What must not leave the credential. The token is added if there is one. */
const SECRETS = {
	clientSecret: 'canary-client-secret',
	webhookApiKey: 'canary-webhook-key',
	webhookPassword: 'canary-webhook-password',
	webhookClientSecret: 'canary-webhook-client-secret',
};
/** What must not get into an error or a log, but is part of the execution's data. */
const PERSONAL = {
	email: 'canary.person@example.com',
	phone: '+1555canary',
	text: 'canary words of the customer',
};

const logged: string[] = [];
beforeEach(() => {
	logged.length = 0;
	for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
		jest.spyOn(console, level).mockImplementation((...words) => void logged.push(words.join(' ')));
	}
	Object.assign(credential, SECRETS);
	const client = { id: 'local-client', secret: SECRETS.clientSecret, scopes: [...scopes] };
	talkdesk.configure({ clients: [client] });
});
afterEach(() => jest.restoreAllMocks());

// Expressions, as in any workflow: n8n's errors hold the node with its parameters.
const start: INodeParameters = {
	...START,
	contactEmail: '={{ $json.email }}',
	contactCenterParameters: { phone: '={{ $json.phone }}' },
	transcriptSource: 'json',
	transcript: '={{ [{ role: "user", content: $json.text }] }}',
};
const options = { maxRetries: 1, timeout: 300 };

/** Runs several operations, and gives their results. */
async function doEverything(conversationId: string) {
	const items = [{ conversationId, ...PERSONAL }];
	const files = { data: bill };
	return [
		await run({ ...start, options }, { items }),
		await run({ ...SEND, options }, { items }),
		await run({ ...SEND, inputDataFieldNames: 'data', options }, { items, files }),
		await run({ ...END, options }, { items }),
	];
}

it.each<[string, Fault | undefined]>([
	['succeeds', undefined],
	['is rate-limited', { kind: 'rateLimited' }],
	['is answered by a gateway', { kind: 'unavailable', status: 502, when: 'before' }],
	['is cut', { kind: 'cut', when: 'before' }],
	['hangs', { kind: 'hang', when: 'before' }],
	['is rejected each time', { kind: 'tokenDies' }],
])(
	'no secret is disclosed, and no error has personal data, if every request %s',
	async (_, fault) => {
		const conversationId = await startConversation();
		const token = String(credential.accessToken);
		expect(token.length).toBeGreaterThan(8);
		talkdesk.configure({
			faults: ({ route }) => (route.startsWith('POST /id/') ? undefined : fault),
		});
		const runs = await doEverything(conversationId);
		expect(runs.filter(({ error }) => error)).toHaveLength(fault ? 4 : 0);

		const secrets = [...Object.values(SECRETS), token, String(credential.accessToken)];
		for (const { everything, error } of runs) {
			for (const secret of secrets) expect(everything).not.toContain(secret);
			const words = [
				error?.message,
				error?.description,
				error?.stack,
				JSON.stringify(error),
			].join();
			for (const personal of Object.values(PERSONAL)) expect(words).not.toContain(personal);
		}
		for (const canary of [...secrets, ...Object.values(PERSONAL)]) {
			expect(logged.join('\n')).not.toContain(canary);
		}
	},
);

it('no secret is disclosed if the client is rejected', async () => {
	credential.clientSecret = 'canary-wrong-secret';
	const { everything, error } = await run(start, { items: [PERSONAL] });
	expect(error).toBeDefined();
	expect(everything).not.toContain('canary-wrong-secret');
	expect(everything).not.toContain(
		Buffer.from('local-client:canary-wrong-secret').toString('base64'),
	);
});
