import type { EventName } from '../simulator/contract.mts';
import { errorOf } from '../tools/n8n/workflows.mts';
import {
	startExamplesEnvironment,
	setWaitLimit,
	type AddedExample,
	type ExamplesEnvironment,
} from './examples.mts';
import { handOver, newCustomer, wordsOf, type Customer } from './examples-customers.mts';
import * as questions from './examples-questions.mts';

let environment: ExamplesEnvironment;
let inTime: AddedExample;
let asking: AddedExample;
/** What begins before the other tests: n8n looks only once a minute for executions whose time is over. */
let unanswered: Promise<Record<string, unknown>>;
let silent: Handed;
let greeted: Handed;

const { ENDED } = questions;

const NAME = 'no-agent-in-time';
/** A customer who waits for an agent. */
interface Handed {
	customer: Customer;
	id: string;
}

/** A customer who has asked for a human. @param minutesToWait for an agent */
async function handedOver(minutesToWait = 600): Promise<Handed> {
	const url = inTime.webhookUrlOf('Customer writes');
	const customer = newCustomer(environment, url, { minutesToWait });
	return { customer, id: await handOver(environment, NAME, customer) };
}
const AT_ONCE = 0.01;

/** Waits until n8n has noticed that the time is over. */
async function apologyTo({ customer, id }: Handed) {
	await environment.talkdesk.waitFor(() => stateOf(id)?.state === 'ended', {
		what: 'the end in Talkdesk',
		timeoutMs: 100_000,
	});
	await customer.hears(({ text }) => text.startsWith('I am sorry'), 'the apology');
}
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
			setWaitLimit(example, "={{ $('Customer writes').item.json.body.minutesToWait }}"),
	});
	asking = await environment.add('ask-a-human-and-wait', {
		adapt: (example) =>
			setWaitLimit(
				example,
				`={{ /soon/.test($('Question').first().json.question) ? ${AT_ONCE} : 600 }}`,
			),
	});
	unanswered = (await ask('Who comes soon?'))();
	// Looked at later.
	unanswered.catch(() => undefined);
	silent = await handedOver(AT_ONCE);
	// Longer than the messages take.
	greeted = await handedOver(0.5);
	const happens = async (event: EventName, payload?: object) =>
		await environment.talkdesk.deliver(NAME, event, { conversation_id: greeted.id, payload });
	await happens('conversation_started');
	await happens('message_created', { content: 'You are first', author: { type: 'SYSTEM' } });
	await greeted.customer.hears(({ from }) => from === 'automated', 'the automated message');
	await happens('message_created', { content: 'Still first' });
}, 300_000);
afterAll(async () => await environment?.stop(), 30_000);

describe(NAME, () => {
	it('ends the conversation, creates a case, says so, and brings the bot back', async () => {
		const { customer, id } = silent;
		await apologyTo(silent);
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
		await apologyTo(greeted);
		await environment.quiet(inTime.workflowId);
		expect(wordsOf(customer)).toEqual([
			expect.stringMatching(new RegExp(`^bot: I am sorry.* case .*${cases[0]?.id}`)),
		]);
	}, 150_000);

	it('apologizes without a case if none can be created', async () => {
		environment.talkdesk.configure({
			faults: ({ path }) =>
				path.endsWith('/cases') ? { kind: 'rateLimited', retryAfterSeconds: 3600 } : undefined,
		});
		try {
			const handed = await handedOver(AT_ONCE);
			await apologyTo(handed);
			const { customer } = handed;
			expect(wordsOf(customer).join()).not.toContain('case');
			expect(casesOf(customer)).toEqual([]);
			expect(await customer.says('When are you open?')).toMatchObject({ handledBy: 'bot' });
		} finally {
			environment.talkdesk.configure({ faults: () => undefined });
		}
	}, 150_000);

	it('does nothing if an agent has written in time, also one without a name', async () => {
		const { customer, id } = await handedOver();
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

	it('takes neither a start, an automated message nor one of nobody for an agent', async () => {
		await apologyTo(greeted);
		expect(wordsOf(greeted.customer).slice(0, 2)).toEqual([
			'automated: You are first',
			'unknown: Still first',
		]);
	}, 150_000);

	it('does nothing if the customer has gone back to the bot', async () => {
		const { customer, id } = await handedOver();
		expect(await customer.says('end')).toMatchObject({ handledBy: 'bot' });
		expect(stateOf(id)).toMatchObject({ state: 'ended', endedBy: 'api' });
		await environment.quiet(inTime.workflowId);
		expect(wordsOf(customer)).toEqual([]);
	}, 60_000);

	it('does nothing if the conversation ends in time', async () => {
		const { customer, id } = await handedOver();
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
			reason: 'message_created',
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
		expect(await answer()).toMatchObject({
			answered: false,
			answer: '',
			reason: 'conversation_ended',
		});
	}, 120_000);

	it('says so if the question could not be sent', async () => {
		environment.talkdesk.configure({
			faults: ({ path }) =>
				path.endsWith('/messages') ? { kind: 'rateLimited', retryAfterSeconds: 3600 } : undefined,
		});
		try {
			const answer = await ask('Does this fail?');
			expect(await answer()).toMatchObject({ answered: false, answer: '', reason: 'failed' });
		} finally {
			environment.talkdesk.configure({ faults: () => undefined });
		}
	}, 120_000);

	it('goes on after the time limit', async () => {
		expect(await unanswered).toEqual({
			question: 'Who comes soon?',
			answered: false,
			answer: '',
			answeredBy: '',
			reason: 'timeout',
		});
		const id = await conversationAbout('Who comes soon?');
		expect(stateOf(id)).toMatchObject({ state: 'ended', endedBy: 'api' });
	}, 160_000);
});

it('the wait for an agent survives a restart of n8n', async () => {
	const { customer } = await handedOver(1);
	const waiting = await environment.theOneThatWaits(inTime.workflowId);
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
