import { z } from 'zod';

import { startScriptedModel, type ScriptedModel } from '../tools/demo/model.mts';
import {
	startExamplesEnvironment,
	type AddedExample,
	type ExamplesEnvironment,
} from './examples.mts';
import { handOver, newCustomer, wordsOf, type Customer } from './examples-customers.mts';

const NAME = 'after-the-conversation';

let environment: ExamplesEnvironment;
let model: ScriptedModel;
let after: AddedExample;

beforeAll(async () => {
	environment = await startExamplesEnvironment();
	model = await startScriptedModel((said, _results, before) => ({
		say: /^Sum up/.test(said)
			? `Summed up: ${said}`
			: /agree/.test(said)
				? `I remember: ${before.join(' | ')}`
				: `You said: ${said}`,
	}));
	const openAiApi = await environment.n8n.api.createCredential('Model', 'openAiApi', {
		apiKey: 'none',
		url: model.url,
	});
	after = await environment.add(NAME, { credentials: { openAiApi } });
}, 180_000);
afterAll(async () => {
	await model?.close();
	await environment?.stop();
}, 30_000);

const customerOf = () => newCustomer(environment, after.webhookUrlOf('Customer writes'));
const handedOver = async (customer: Customer) => await handOver(environment, NAME, customer);

it('asks for a rating, sums up the conversation, and stores both', async () => {
	const customer = customerOf();
	const id = await handedOver(customer);
	await environment.talkdesk.agent.join(id, { name: 'Zoe' });
	await environment.talkdesk.agent.say(id, 'What is the number?');
	await customer.hears(({ text }) => text === 'What is the number?', "Zoe's words");
	expect(await customer.says('4711')).toEqual({ handledBy: 'human' });
	await environment.talkdesk.agent.end(id);
	await customer.hears(({ text }) => text.includes('How satisfied were you'), 'the question');

	expect(await customer.says('4')).toMatchObject({ reply: expect.stringContaining('Thank you') });
	expect(await customer.says('5')).toMatchObject({ reply: 'You said: 5' });
	await environment.quiet(after.workflowId);
	const rows = await environment.n8n.api.dataTableRows('conversation_reports');
	const [report, ...more] = rows.filter(({ conversationId }) => conversationId === id);
	expect(more).toEqual([]);
	expect(report).toMatchObject({ sessionId: customer.sessionId, state: 'done', score: 4 });
	expect(report?.summary).toMatch(/^Summed up: /);
	expect(report?.summary).toMatch(
		/Customer: I want to talk to a human\nAnswer: I am connecting .*\nAnswer: Zoe, a human colleague: What is the number\?\nCustomer: 4711$/,
	);
}, 60_000);

it('remembers afterwards what the human has said', async () => {
	const customer = customerOf();
	expect(await customer.says('My teapot is broken')).toMatchObject({ handledBy: 'bot' });
	const id = await handedOver(customer);
	expect(
		environment.talkdesk.conversation(id)?.start.previous_messages?.map(({ content }) => content),
	).toEqual([
		'My teapot is broken',
		'You said: My teapot is broken',
		'I want to talk to a human',
		expect.stringMatching(/^I am connecting/),
	]);
	await environment.talkdesk.agent.join(id, { name: 'Zoe' });
	await environment.talkdesk.agent.say(id, 'You get a new one on Friday.');
	await customer.hears(({ from }) => from === 'human', "Zoe's words");
	expect(await customer.says('Friday is fine')).toEqual({ handledBy: 'human' });
	await environment.talkdesk.agent.end(id);
	await customer.hears(({ text }) => text.includes('How satisfied were you'), 'the question');
	const { reply } = z
		.object({ reply: z.string() })
		.parse(await customer.says('What did we agree on?'));
	expect(reply).toMatch(
		/^I remember: My teapot is broken \|.* \| Zoe, a human colleague: You get a new one on Friday\. \| Friday is fine$/,
	);
}, 60_000);

it('reports a conversation that the customer has ended, once', async () => {
	const customer = customerOf();
	const id = await handedOver(customer);
	expect(await customer.says('end')).toMatchObject({ handledBy: 'bot' });
	await customer.hears(({ text }) => text.includes('How satisfied were you'), 'the question');
	await environment.quiet(after.workflowId);
	expect(wordsOf(customer)).toHaveLength(1);
	const rows = await environment.n8n.api.dataTableRows('conversation_reports');
	expect(rows.filter(({ conversationId }) => conversationId === id)).toEqual([
		expect.objectContaining({ sessionId: customer.sessionId, state: 'asked' }),
	]);
}, 60_000);

it('takes an answer without a number for a new question, and asks only once', async () => {
	const customer = customerOf();
	const id = await handedOver(customer);
	await environment.talkdesk.agent.end(id);
	await customer.hears(({ text }) => text.includes('How satisfied were you'), 'the question');
	expect(await customer.says('When are you open?')).toMatchObject({
		reply: 'You said: When are you open?',
	});
	const again = await handedOver(customer);
	expect(again).not.toBe(id);
	await environment.quiet(after.workflowId);
	expect(wordsOf(customer)).toHaveLength(1);
}, 60_000);
