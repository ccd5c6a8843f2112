import type { SimulatorOptions, TalkdeskSimulator } from '../../simulator/simulator.mts';
import { isAboutCalls, type AssumptionId } from './assumptions.mts';
import { CANARIES, check, idsOf, leftIn, startContractSimulator } from './contract-fixtures.mts';
import { assumptionIds } from './findings.mts';
import { startReceiver } from './receiver.mts';

// Each runs the whole check, some hundred requests.
jest.setTimeout(60_000);

const NAME = 'Canary Agent';
const WORDS = 'Canary words';
const TOUCHPOINT = CANARIES.touchpoint;

interface Desk {
	talkdesk: TalkdeskSimulator;
	/** The conversation of the steps. */
	id: string;
	/** Makes a call that the simulator doesn't make by itself. */
	call(event: string, more?: object): Promise<unknown>;
}
/** What happens at a step; false: it is skipped. */
type Steps = Record<string, (desk: Desk) => Promise<unknown>>;

let number = 0;
const message = (more: object = {}) => ({
	payload: {
		...{ id: `m${++number}`, content: `${WORDS} ${number}` },
		...{ author: { type: 'AGENT', name: NAME }, ...more },
	},
});

const STEPS: Steps = {
	accept: async ({ talkdesk, id }) => await talkdesk.agent.join(id, { name: NAME }),
	answer: async ({ talkdesk, id }) => await talkdesk.agent.say(id, WORDS),
	file: async ({ talkdesk, id }) =>
		await talkdesk.agent.say(id, '', {
			files: [{ name: 'canary.txt', type: 'text/plain', content: Buffer.from('a') }],
		}),
	transfer: async ({ call }) => await call('message_created', message()),
	end: async ({ talkdesk, id }) => await talkdesk.agent.end(id),
	reopen: async ({ call }) => await call('message_created', message()),
	open: async ({ call }) => await call('conversation_started', { conversation_id: 'another' }),
};

const nothing = async () => await Promise.resolve();

/** Goes through all steps, with other ones in place of some, or in addition after the customer wrote. */
async function setUp(steps: Steps = {}, options: SimulatorOptions = {}, paths: object = {}) {
	const receiver = await startReceiver('127.0.0.1', 0);
	const { talkdesk, secrets } = await startContractSimulator(options);
	try {
		talkdesk.configure({
			touchpoints: [
				{
					id: TOUCHPOINT,
					integration: {
						...{ basePath: `http://127.0.0.1:${receiver.port}/hooks`, paths },
						authentication: { type: 'apiKey', key: 'canary-key-of-n8n' },
					},
				},
			],
		});
		const { result, shown } = await check(talkdesk, {
			listening: {
				receiver,
				settleMs: 50,
				async perform({ name }) {
					const step = { ...STEPS, ...steps }[name];
					const latest = () => talkdesk.conversations().at(-1)?.id ?? '';
					const call = async (event: string, more: object = {}) => {
						const timestamp = new Date().toISOString();
						const body = {
							event_type: event.toUpperCase(),
							conversation_id: latest(),
							timestamp,
							...more,
						};
						return await talkdesk.deliver(TOUCHPOINT, event, body);
					};
					if (!step) return true;
					return (await step({ talkdesk, id: latest(), call })) !== false;
				},
			},
		});
		return { result, shown, left: leftIn(talkdesk), secrets };
	} finally {
		await Promise.all([talkdesk.close(), receiver.close()]);
	}
}

const callIds = assumptionIds().filter(isAboutCalls);

/** What the desk or the simulator does to break an assumption. */
const BREAKS: Partial<Record<AssumptionId, Parameters<typeof setUp>>> = {
	'call.form': [
		{
			...{
				transfer: async ({ talkdesk, id }) =>
					await talkdesk.deliver(
						TOUCHPOINT,
						'message_created',
						{
							event_type: 'MESSAGE_CREATED',
							conversation_id: id,
							timestamp: new Date().toISOString(),
							...message(),
						},
						{ headers: { 'content-type': 'text/plain' } },
					),
			},
		},
	],
	'call.envelope': [{}, { payloadForm: 'relay' }],
	'call.event': [
		{
			transfer: async ({ call }) =>
				await call('message_created', { event_type: 'message_sent', ...message() }),
		},
	],
	'call.others': [{ transfer: async ({ call }) => await call('agent_typing') }],
	'call.author': [
		{
			answer: async ({ call }) =>
				await call('message_created', message({ author: { type: 'PARTICIPANT' } })),
		},
	],
	'call.echo': [
		{
			async prepare({ talkdesk, call }) {
				await Promise.resolve();
				talkdesk.configure({
					onLog({ direction, what, status }) {
						if (direction !== 'in' || !what.endsWith('/messages') || status !== 201) return;
						const { content = '' } = talkdesk.conversations().at(-1)?.messages.at(-1) ?? {};
						const author = { type: 'CONTACT_PERSON' };
						void call('message_created', message({ content, author }));
					},
				});
			},
		},
	],
	'call.once': [
		{},
		{ webhookFaults: ({ event }) => (event === 'message_created' ? 'duplicate' : undefined) },
	],
	'call.order': [
		{
			transfer: async ({ call }) =>
				await call('message_created', { timestamp: '2020-01-01T00:00:00.000Z', ...message() }),
		},
	],
	'call.message-id': [
		{ transfer: async ({ call }) => await call('message_created', message({ id: undefined })) },
	],
	'call.file': [
		{
			file: async ({ call }) =>
				await call(
					'message_created',
					message({ attachments: [{ id: 'unknown', name: 'canary.txt' }] }),
				),
		},
	],
	'call.started': [
		{
			accept: nothing,
			answer: async ({ call }) => await call('message_created', message()),
			file: async () => await Promise.resolve(false),
		},
	],
	'call.started-by-agent': [{ open: nothing }],
	'call.ended': [{ end: nothing }],
	'call.ended-by-api': [{}, { notifyApiEnd: false }],
	'call.reopened': [
		{
			reopen: async ({ call }) =>
				await call('message_created', { conversation_id: 'new', ...message() }),
		},
	],
};

test('everything holds for a Talkdesk that keeps the contract', async () => {
	const { result, shown, left, secrets } = await setUp();
	expect(result.problem).toBeUndefined();
	expect(idsOf(result, 'not held')).toEqual([]);
	expect(idsOf(result, 'unclear')).toEqual([]);
	expect([result.left, left]).toEqual([[], []]);
	// Words, names and keys stay here; the type of the author and the event are words of a program.
	for (const secret of [...secrets, 'Canary', 'canary']) expect(shown).not.toContain(secret);
	expect(result.calls).toContainEqual(
		expect.stringMatching(
			/^answer: POST message_created; event_type MESSAGE_CREATED; author type AGENT; \{ event_type: text of 15, .*x-api-key/,
		),
	);
});

test.each(callIds)('%s is named, and no other', async (id) => {
	const { result, left } = await setUp(...(BREAKS[id] ?? []));
	expect(idsOf(result, 'not held')).toEqual([id]);
	expect([result.left, left]).toEqual([[], []]);
});

test('skipped steps leave their assumptions unclear', async () => {
	const skip = async () => await Promise.resolve(false);
	const { result } = await setUp({ file: skip, transfer: skip, reopen: skip, open: skip });
	expect(idsOf(result, 'not held')).toEqual([]);
	expect(idsOf(result, 'unclear')).toEqual(['call.file', 'call.started-by-agent', 'call.reopened']);
});
