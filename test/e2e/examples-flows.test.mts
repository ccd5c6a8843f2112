import type { EventName } from '../simulator/contract.mts';
import { errorOf } from '../tools/n8n/workflows.mts';
import {
	startExamplesEnvironment,
	setField,
	setWait,
	type AddedExample,
	type ExamplesEnvironment,
} from './examples.mts';
import { handOver, newCustomer, wordsOf, type Customer } from './examples-customers.mts';
import * as questions from './examples-questions.mts';

let environment: ExamplesEnvironment;
let inTime: AddedExample;
let asking: AddedExample;
/** Began before the other tests: n8n looks only once a minute for executions whose time is over. */
let unanswered: Promise<Record<string, unknown>>;

const { ENDED } = questions;

const NAME = 'no-agent-in-time';
const customerOf = (more?: object) =>
	newCustomer(environment, inTime.webhookUrlOf('Customer writes'), more);
const handedOver = async (customer: Customer) => await handOver(environment, NAME, customer);
const casesOf = ({ email }: Customer) =>
	environment.talkdesk.cases().filter(({ requester_email }) => requester_email === email);
const stateOf = (id: string) => environment.talkdesk.conversation(id);

const ask = async (question: string) => await questions.ask(environment, asking, question);
const conversationAbout = async (question: string) =>
	await questions.conversationAbout(environment, question);

beforeAll(async () => {
	environment = await startExamplesEnvironment();
	inTime = await environment.add(NAME, {
		adapt: (example) =>
			setWait(example, "={{ $('Customer writes').item.json.body.secondsToWait ?? 3 }}"),
	});
	asking = await environment.add('ask-a-human-and-wait', {
		adapt: (example) =>
			setField(
				example,
				'Settings',
				'secondsToWait',
				'={{ /soon/.test($json.question) ? 2 : 600 }}',
			),
	});
	unanswered = (await ask('Who comes soon?'))();
	// Looked at later.
	unanswered.catch(() => undefined);
}, 300_000);
afterAll(async () => await environment?.stop(), 30_000);

describe(NAME, () => {
	it('ends the conversation, creates a case, says so, and brings the bot back', async () => {
		const customer = customerOf();
		const id = await handedOver(customer);
		await customer.hears(({ text }) => text.startsWith('I am sorry'), 'the apology');
		const cases = casesOf(customer);
		expect(cases).toMatchObject([
			{
				title: 'No agent in time: I want to talk to a human',
				description: expect.stringContaining(customer.email),
				notes: [{ note_title: 'Chat transcript', public: false }],
			},
		]);
		const [first, second] = cases[0]?.notes[0]?.note_body?.split('\n') ?? [];
		expect(first).toBe('Customer: I want to talk to a human');
		expect(second).toMatch(/^Bot: I am connecting you/);
		await environment.talkdesk.waitFor(() => stateOf(id)?.state === 'ended', {
			what: 'the end in Talkdesk',
			timeoutMs: 20_000,
		});
		expect(stateOf(id)?.endedBy).toBe('api');
		expect(await customer.says('When are you open?')).toMatchObject({ handledBy: 'bot' });
		// The event of the end reaches n8n as well, and must not be shown again.
		await environment.talkdesk.waitFor(
			() =>
				environment.talkdesk
					.transcripts()
					.find(({ conversationId }) => conversationId === id)
					?.events.some(({ event, calls }) => event === 'conversation_ended' && calls.length > 0),
			{ what: 'the end to be dispatched', timeoutMs: 20_000 },
		);
		await environment.quiet(inTime.workflowId);
		expect(wordsOf(customer)).toEqual([
			expect.stringMatching(new RegExp(`^bot: I am sorry.* case .*${cases[0]?.id}`)),
		]);
	}, 60_000);

	it('apologizes without a case if none can be created', async () => {
		environment.talkdesk.configure({
			faults: ({ path }) =>
				path.endsWith('/cases') ? { kind: 'rateLimited', retryAfterSeconds: 3600 } : undefined,
		});
		try {
			const customer = customerOf();
			await handedOver(customer);
			await customer.hears(({ text }) => text.startsWith('I am sorry'), 'the apology');
			expect(wordsOf(customer).join()).not.toContain('case');
			expect(casesOf(customer)).toEqual([]);
			expect(await customer.says('When are you open?')).toMatchObject({ handledBy: 'bot' });
		} finally {
			environment.talkdesk.configure({ faults: () => undefined });
		}
	}, 60_000);

	it('does nothing if an agent has written in time, also one without a name', async () => {
		const customer = customerOf();
		const id = await handedOver(customer);
		await environment.talkdesk.deliver(NAME, 'message_created', {
			conversation_id: id,
			payload: { content: 'Hi', author: { type: 'AGENT' } },
		});
		await customer.hears(({ text, joined }) => text === 'Hi' && joined === true, 'the agent');
		await environment.quiet(inTime.workflowId);
		expect(stateOf(id)?.state).toBe('open');
		expect(await customer.says('Hello Zoe')).toEqual({ handledBy: 'human' });
		expect(environment.saidIn(id)).toEqual(['Hello Zoe']);
		await environment.talkdesk.agent.join(id, { name: 'Zoe' });
		await environment.talkdesk.agent.end(id);
		await customer.hears(({ from }) => from === 'bot', 'the bot');
		expect(wordsOf(customer)).not.toContainEqual(expect.stringContaining('I am sorry'));
		expect(casesOf(customer)).toEqual([]);
	}, 60_000);

	it('takes neither a start nor an automated message for an agent', async () => {
		const customer = customerOf();
		const id = await handedOver(customer);
		const happens = async (event: EventName, payload?: object) =>
			await environment.talkdesk.deliver(NAME, event, {
				conversation_id: id,
				payload,
			});
		await happens('conversation_started');
		await happens('message_created', { content: 'You are first', author: { type: 'SYSTEM' } });
		await customer.hears(({ text }) => text.startsWith('I am sorry'), 'the apology');
		expect(wordsOf(customer)[0]).toBe('automated: You are first');
	}, 60_000);

	it('does nothing if the customer has gone back to the bot', async () => {
		const customer = customerOf();
		const id = await handedOver(customer);
		expect(await customer.says('end')).toMatchObject({ handledBy: 'bot' });
		expect(stateOf(id)).toMatchObject({ state: 'ended', endedBy: 'api' });
		await environment.quiet(inTime.workflowId);
		expect(wordsOf(customer)).toEqual([]);
	}, 60_000);

	it('does nothing if the conversation ends in time', async () => {
		const customer = customerOf();
		const id = await handedOver(customer);
		await environment.talkdesk.agent.end(id);
		await customer.hears(({ text }) => text.includes('I am your bot again'), 'the bot');
		await environment.quiet(inTime.workflowId);
		expect(wordsOf(customer)).toHaveLength(1);
	}, 60_000);
});

describe('ask-a-human-and-wait', () => {
	it('gives each of two questions its own answer, in any order', async () => {
		const [first, second] = [
			await ask('May I refund order 1?'),
			await ask('May I refund order 2?'),
		];
		const ids = [
			await conversationAbout('May I refund order 1?'),
			await conversationAbout('May I refund order 2?'),
		];
		for (const id of ids) {
			for (const author of [{ type: 'FLOW' }, null]) {
				await environment.talkdesk.agent.sayAutomatically(id, 'You are first', { author });
			}
			await environment.talkdesk.agent.join(id, { name: 'Zoe' });
		}
		await environment.talkdesk.agent.say(ids[1] ?? '', 'No, not the second.');
		expect(await second()).toEqual({
			question: 'May I refund order 2?',
			answered: true,
			answer: 'No, not the second.',
			answeredBy: 'Zoe',
		});
		expect(stateOf(ids[0] ?? '')?.state).toBe('open');
		await environment.talkdesk.agent.say(ids[0] ?? '', 'Yes, the first.');
		expect(await first()).toMatchObject({ answered: true, answer: 'Yes, the first.' });
		for (const id of ids) expect(stateOf(id)).toMatchObject({ state: 'ended', endedBy: 'api' });
	}, 120_000);

	it('goes on if the human ends the conversation without an answer', async () => {
		const answer = await ask('Is anybody there?');
		const id = await conversationAbout('Is anybody there?');
		await environment.talkdesk.agent.end(id);
		expect(await answer()).toMatchObject({ answered: false, answer: '' });
	}, 120_000);

	it('goes on after the time limit', async () => {
		expect(await unanswered).toMatchObject({ answered: false, answer: '', answeredBy: '' });
		const id = await conversationAbout('Who comes soon?');
		expect(stateOf(id)).toMatchObject({ state: 'ended', endedBy: 'api' });
		const rows = await environment.n8n.api.dataTableRows('human_questions');
		expect(rows.filter(({ conversationId }) => conversationId === id)).toEqual([]);
	}, 160_000);
});

it('the wait for an agent survives a restart of n8n', async () => {
	// From 65 seconds on, n8n keeps a waiting execution in its database.
	const customer = customerOf({ secondsToWait: 70 });
	await handedOver(customer);
	const [waiting, ...more] = await environment.underWay(inTime.workflowId);
	expect(more).toEqual([]);
	await environment.n8n.restart();
	const ended = await environment.n8n.api.waitForExecution(
		({ id, status }) => id === waiting && ENDED.includes(status),
		150_000,
		{ workflowId: inTime.workflowId },
	);
	expect(errorOf(ended)).toBeUndefined();
	await customer.hears(({ text }) => text.startsWith('I am sorry'), 'the apology');
	expect(await customer.says('When are you open?')).toMatchObject({ handledBy: 'bot' });
}, 300_000);
