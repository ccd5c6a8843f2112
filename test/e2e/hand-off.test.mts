import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { scopes } from '../simulator/contract.mts';
import { environment } from '../support/environmentFixture.mts';
import { conversationOf, playConversation } from '../tools/demo/conversation.mts';
import { errorOf, itemsOf } from '../tools/n8n/workflows.mts';
import { endByNode, handedOver, newCustomer, textsOf } from './hand-off-fixtures.mts';

type Scope = (typeof scopes)[number];
const FILE_SCOPES = [
	'attachments:request',
	'attachments:write',
	'attachments:read',
	'attachments:download',
] as const;

it('a whole conversation goes from the bot to a human and back', async () => {
	const said: string[] = [];
	await playConversation(environment, (speaker, text) => said.push(`${speaker}: ${text}`));
	expect(said.at(-1)).toMatch(/^bot: /);
}, 60_000);

it('n8n has loaded the node, the trigger and the tool', async () => {
	const types = await environment.n8n.api.nodeTypes();
	expect(types.map(({ name }) => name)).toEqual(
		expect.arrayContaining([
			'n8n-nodes-talkdesk.talkdesk',
			'n8n-nodes-talkdesk.talkdeskTool',
			'n8n-nodes-talkdesk.talkdeskTrigger',
		]),
	);
});

describe('the credential test', () => {
	const test = async (change: Record<string, string> = {}) =>
		await environment.n8n.api.testCredential({
			type: 'talkdeskOAuth2Api',
			data: { ...environment.credentialData, ...change },
		});

	const grant = (...granted: Scope[]) =>
		environment.talkdesk.configure({
			clients: [{ id: 'local-client', secret: 'local-secret', scopes: granted }],
		});
	afterEach(() => {
		grant('digital-connect:write', ...FILE_SCOPES);
		environment.talkdesk.configure({ digitalConnectEnabled: true, addressAllowed: true });
	});

	it('passes for a valid credential, stored or not, and starts no conversation', async () => {
		const before = environment.talkdesk.counts().conversationsStarted;
		expect(await test()).toEqual({
			status: 'OK',
			message: 'Connection successful: conversations and files.',
		});
		expect((await environment.n8n.api.testCredential(environment.credential.id)).status).toBe('OK');
		expect(environment.talkdesk.counts().conversationsStarted).toBe(before);
	});

	it("shows Talkdesk's message for a wrong secret and a wrong client", async () => {
		for (const field of ['clientSecret', 'clientId']) {
			const { status, message } = await test({ [field]: 'wrong' });
			expect(status).toBe('Error');
			expect(message).toContain('Client authentication failed');
		}
	});

	it('recognizes an unknown account by a 404 and by an unknown host', async () => {
		for (const tokenUrl of [
			environment.credentialData.tokenUrl?.replace('/acme/', '/nobody/') ?? '',
			'https://nobody.invalid/oauth/token',
		]) {
			const { status, message } = await test({ tokenUrl });
			expect(status).toBe('Error');
			expect(message).toContain('There is no Talkdesk account');
		}
	});

	it('fails without the scope of Digital Connect, and names it', async () => {
		grant(...FILE_SCOPES);
		const { status, message } = await test();
		expect(status).toBe('Error');
		expect(message).toContain('digital-connect:write');
	});

	it('passes without the scopes of attachments, and names them', async () => {
		grant('digital-connect:write');
		const { status, message } = await test();
		expect(status).toBe('OK');
		for (const scope of FILE_SCOPES) expect(message).toContain(scope);
	});

	it.each([{ digitalConnectEnabled: false }, { addressAllowed: false }])(
		'explains a 403: %j',
		async (change) => {
			environment.talkdesk.configure(change);
			const { status, message } = await test();
			expect(status).toBe('Error');
			expect(message).toContain('Digital Connect is not enabled');
			expect(message).toContain('IP addresses');
		},
	);
});

describe('two customers at the same time', () => {
	it('never receive messages of each other', async () => {
		const people = await Promise.all(['bea', 'cem'].map(handedOver));
		await Promise.all(
			people.map(async ({ customer, id }) => {
				for (const n of [1, 2, 3]) {
					await customer.says(`${customer.sessionId} says ${n}`);
					await environment.talkdesk.agent.say(id, `to ${customer.sessionId}: ${n}`);
					await customer.hears(
						({ text }) => text === `to ${customer.sessionId}: ${n}`,
						'the agent',
					);
				}
			}),
		);
		for (const { customer, id } of people) {
			expect(textsOf(id)).toEqual([1, 2, 3].map((n) => `${customer.sessionId} says ${n}`));
			const heard = customer.heard.filter(({ from }) => from === 'human');
			expect(heard.map(({ text }) => text)).toEqual(
				[1, 2, 3].map((n) => `to ${customer.sessionId}: ${n}`),
			);
		}
	}, 60_000);
});

it('a message that the chat posts again is read once, and each one without an ID', async () => {
	const { customer, id } = await handedOver('zed');
	for (const messageId of ['1', '1', '2', undefined, undefined]) {
		expect(await customer.says('Hello?', [], messageId)).toEqual({ handledBy: 'human' });
	}
	expect(textsOf(id)).toEqual(Array.from({ length: 4 }, () => 'Hello?'));
}, 30_000);

describe('the end', () => {
	it('by the agent brings the bot back', async () => {
		const { customer, id } = await handedOver('dan');
		await environment.talkdesk.agent.end(id);
		await customer.hears(({ from }) => from === 'bot', 'the bot');
		expect((await customer.says('hello again')).handledBy).toBe('bot');
		expect(textsOf(id)).toEqual([]);
	}, 30_000);

	it('by the customer brings the bot back, which says so once', async () => {
		const { customer, email, id } = await handedOver('bob');
		expect(await customer.says('/end')).toEqual({
			handledBy: 'bot',
			reply: expect.stringContaining('I am your bot again'),
		});
		expect(environment.talkdesk.conversation(id)).toMatchObject({ state: 'ended', endedBy: 'api' });
		expect((await customer.says('/end')).reply).toContain('I am a bot');
		await environment.talkdesk.waitFor(
			() =>
				environment.talkdesk
					.transcripts()
					.find(({ conversationId }) => conversationId === id)
					?.events.some(({ event, calls }) => event === 'conversation_ended' && calls.length > 0),
			{ what: 'the end to be dispatched' },
		);
		expect((await customer.says('A human again')).handledBy).toBe('human');
		const { id: next } = await conversationOf(environment.talkdesk, email);
		expect(next).not.toBe(id);
		await environment.talkdesk.agent.join(next, { name: 'Max' });
		await environment.talkdesk.agent.say(next, 'Hello');
		await customer.hears(({ from }) => from === 'human', 'the next human');
		expect(customer.heard).toEqual([{ from: 'human', name: 'Max', text: 'Hello', joined: true }]);
	}, 30_000);

	it('by the customer that fails leaves the chat with the human, and says so', async () => {
		const { customer, id } = await handedOver('lea');
		environment.talkdesk.configure({
			faults: ({ method }) =>
				method === 'DELETE' ? { kind: 'rateLimited', retryAfterSeconds: 3600 } : undefined,
		});
		try {
			expect(await customer.says('/end')).toEqual({
				handledBy: 'human',
				error: expect.stringContaining('could not be ended'),
			});
		} finally {
			environment.talkdesk.configure({ faults: () => undefined });
		}
		expect((await customer.says('So I stay')).handledBy).toBe('human');
		expect(textsOf(id)).toEqual(['/end', 'So I stay']);
	}, 30_000);

	it('by the workflow brings the bot back, and ending twice is an outcome', async () => {
		const { customer, id } = await handedOver('eva');
		const first = await endByNode(id);
		expect(errorOf(first)).toBeUndefined();
		expect(itemsOf(first, 'Talkdesk')[0]?.json).toEqual({
			conversationId: id,
			ended: true,
			alreadyEnded: false,
		});
		await customer.hears(({ from }) => from === 'bot', 'the bot');
		const again = await endByNode(id);
		expect(itemsOf(again, 'Talkdesk')[0]?.json).toMatchObject({ alreadyEnded: true });
	}, 30_000);

	it('without an event is detected with the next message, which the bot answers', async () => {
		const { customer, id } = await handedOver('fay');
		environment.talkdesk.configure({ notifyApiEnd: false });
		try {
			await endByNode(id);
		} finally {
			environment.talkdesk.configure({ notifyApiEnd: true });
		}
		expect((await customer.says('still there?')).handledBy).toBe('bot');
		expect((await customer.says('hello?')).handledBy).toBe('bot');
	}, 30_000);
});

describe('files', () => {
	let folder: string;
	beforeAll(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'hand-off-'))));
	afterAll(async () => await rm(folder, { recursive: true, force: true }));

	const fileOf = async (name: string) => {
		const file = { name, type: 'text/plain', path: path.join(folder, name) };
		await writeFile(file.path, `bytes of ${name}`);
		return file;
	};

	it('are not accepted by the bot, which says so', async () => {
		const { customer } = newCustomer('ida');
		const { handledBy, reply } = await customer.says('', [await fileOf('early.txt')]);
		expect([handledBy, reply]).toEqual(['bot', expect.stringContaining('read no files')]);
	});

	it('that fail on the way to the agent are named, and the others arrive', async () => {
		const { customer, id } = await handedOver('jon');
		let uploads = 0;
		environment.talkdesk.configure({ uploadFailure: () => (++uploads === 1 ? 403 : undefined) });
		try {
			const files = [await fileOf('one.txt'), await fileOf('two.txt')];
			const { handledBy, error } = await customer.says('Look', files);
			const sent = environment.talkdesk.conversation(id)?.messages.at(-1)?.attachments ?? [];
			const names = sent.map(({ name }) => name);
			expect(names).toHaveLength(1);
			const [lost] = files.filter(({ name }) => !names.includes(name));
			expect([handledBy, error]).toEqual(['human', `Not delivered: ${lost?.name}`]);
		} finally {
			environment.talkdesk.configure({ uploadFailure: () => undefined });
		}
	}, 30_000);

	it('that fail on the way to the customer are named in the text', async () => {
		const { customer, id } = await handedOver('kim');
		environment.talkdesk.configure({ downloadFailure: () => 403 });
		try {
			const content = Buffer.from('x');
			await environment.talkdesk.agent.say(id, 'Your bill', {
				files: [{ name: 'bill.pdf', type: 'application/pdf', content }],
			});
			const { text } = await customer.hears(({ from }) => from === 'human', 'the agent');
			expect(text).toBe('Your bill\n(The file bill.pdf did not come through.)');
		} finally {
			environment.talkdesk.configure({ downloadFailure: () => undefined });
		}
	}, 30_000);
});

describe('the token', () => {
	it('is requested once, and used for every request', async () => {
		environment.talkdesk.expireTokens();
		const { customer } = await handedOver('gil');
		const { tokensIssued } = environment.talkdesk.counts();
		for (const n of [1, 2, 3, 4, 5]) await customer.says(`message ${n}`);
		expect(environment.talkdesk.counts().tokensIssued).toBe(tokensIssued);
	}, 30_000);

	it('is renewed transparently in the middle of a conversation', async () => {
		const { customer, id } = await handedOver('hal');
		await customer.says('before');
		const { tokensIssued } = environment.talkdesk.counts();
		environment.talkdesk.expireTokens();
		expect(await customer.says('after')).toEqual({ handledBy: 'human' });
		await customer.says('later');
		expect(textsOf(id)).toEqual(['before', 'after', 'later']);
		expect(environment.talkdesk.counts().tokensIssued).toBe(tokensIssued + 1);
	}, 30_000);
});
