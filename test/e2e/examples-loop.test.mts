import { itemsOf } from '../tools/n8n/workflows.mts';
import {
	setWaitLimit,
	startExamplesEnvironment,
	type AddedExample,
	type ExamplesEnvironment,
} from './examples.mts';
import { handOver, newCustomer, wordsOf } from './examples-customers.mts';

const NAME = 'one-execution-one-conversation';
const END = 'The conversation with my colleague has ended';

let environment: ExamplesEnvironment;
let example: AddedExample;
/** Began before the other tests: n8n looks only once a minute for executions whose time is over. */
let silent: Awaited<ReturnType<typeof handedOver>>;

beforeAll(async () => {
	environment = await startExamplesEnvironment();
	example = await environment.add(NAME, {
		adapt: (workflow) =>
			setWaitLimit(workflow, "={{ $('Customer writes').first().json.body.minutesToWait }}"),
	});
	silent = await handedOver(0.01);
}, 300_000);
afterAll(async () => await environment?.stop(), 30_000);

/** A customer who has been handed over, and the execution that waits. */
async function handedOver(minutesToWait = 600) {
	const url = example.webhookUrlOf('Customer writes');
	const customer = newCustomer(environment, url, { minutesToWait });
	const before = await environment.underWay(example.workflowId);
	const conversationId = await handOver(environment, NAME, customer);
	const execution = await environment.theOneThatWaits(example.workflowId, before);
	return { customer, conversationId, execution };
}

/** What the execution has put out after the conversation. */
async function wentOn(execution: string) {
	const ended = await environment.n8n.api.waitForExecution(
		({ id, status }) => id === execution && status === 'success',
		30_000,
		{ workflowId: example.workflowId },
	);
	return itemsOf(ended, 'Go on here').map(({ json }) => json);
}

it('tells the customer all words in their order, and knows them at the end', async () => {
	const { customer, conversationId, execution } = await handedOver();
	const { agent } = environment.talkdesk;
	await agent.join(conversationId, { name: 'Zoe' });
	const texts = Array.from({ length: 12 }, (_, index) => `Words ${index}`);
	for (const text of texts) await agent.say(conversationId, text);
	expect(await customer.says('And mine')).toEqual({ handledBy: 'human' });
	await agent.end(conversationId);
	await customer.hears(({ text }) => text.startsWith(END), 'the end');
	expect(wordsOf(customer)).toEqual([
		...texts.map((text) => `human: ${text}`),
		expect.stringContaining(END),
	]);
	expect(customer.heard.filter(({ joined }) => joined)).toHaveLength(1);
	expect(environment.saidIn(conversationId)).toEqual(['And mine']);
	expect(await wentOn(execution)).toEqual([
		{
			customer: customer.email,
			askedFor: 'I want to talk to a human',
			humanSaid: texts,
			endedBy: 'human',
		},
	]);
	expect(await customer.says('When are you open?')).toMatchObject({ handledBy: 'bot' });
}, 90_000);

it('shows an automated message, and tells nothing twice if the customer ends it', async () => {
	const { customer, conversationId, execution } = await handedOver();
	await environment.talkdesk.agent.sayAutomatically(conversationId, 'You are first', {
		author: { type: 'SYSTEM' },
	});
	await customer.hears(({ from }) => from === 'automated', 'the automated message');
	expect(await customer.says('end')).toMatchObject({ handledBy: 'bot' });
	expect(await wentOn(execution)).toMatchObject([{ humanSaid: [], endedBy: 'customer' }]);
	expect(wordsOf(customer)).toEqual(['automated: You are first']);
}, 90_000);

it('goes on over a restart of n8n', async () => {
	const { customer, conversationId, execution } = await handedOver();
	const { agent } = environment.talkdesk;
	await agent.join(conversationId, { name: 'Zoe' });
	await agent.say(conversationId, 'Before');
	await customer.hears(({ text }) => text === 'Before', 'the words before');
	await environment.settled(example.workflowId, conversationId);
	await environment.n8n.restart();
	await agent.say(conversationId, 'After');
	await customer.hears(({ text }) => text === 'After', 'the words after');
	await agent.end(conversationId);
	expect(await wentOn(execution)).toMatchObject([{ humanSaid: ['Before', 'After'] }]);
}, 120_000);

it('ends a conversation in which nobody answers', async () => {
	const { customer, conversationId, execution } = silent;
	await environment.talkdesk.waitFor(
		() => environment.talkdesk.conversation(conversationId)?.state === 'ended',
		{ what: 'the end in Talkdesk', timeoutMs: 100_000 },
	);
	await customer.hears(({ text }) => text.startsWith('I am sorry'), 'the apology');
	expect(await wentOn(execution)).toMatchObject([{ endedBy: 'silence' }]);
	expect(await customer.says('When are you open?')).toMatchObject({ handledBy: 'bot' });
	expect(wordsOf(customer)).toHaveLength(1);
}, 150_000);
