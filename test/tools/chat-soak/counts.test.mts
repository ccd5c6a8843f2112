import { countChats, failuresOf, type ChatRecord } from './counts.mts';
import type { Said } from './customer.mts';

const one = 'canary c1 asks 1';
const again = `${one} (again, 1)`;
const two = 'canary c1 asks 2';
const answer = 'canary c1 hears 1';
const bot = 'The bot: hello';

const inOrder = (...texts: string[]) =>
	texts.map((text, place) => ({ text, first: place, last: place }));
const said = (line: string, ...tries: Said['tries']): Said => ({ line, tries });
const read = (text: string) => ({ text, outcome: 'read' as const, after: 0 });

const fine: ChatRecord = {
	email: 'c1@canary.internal',
	said: [said(one, read(one)), said(two, read(two))],
	agentRead: [one, two],
	before: ['canary c1 greets the bot, 1'],
	taken: [one, two],
	agentSaid: inOrder(answer),
	shown: [bot, '✓', answer, '✓'],
	ofBot: [bot],
};
const failures = (change: Partial<ChatRecord>) => failuresOf(countChats([{ ...fine, ...change }]));

it.each<[string, Partial<ChatRecord>]>([
	['everything read once', {}],
	['a text of the agent with a ✓', { shown: [bot, '✓', `${answer}\n\n✓`] }],
	[
		'a message that n8n dropped, said again',
		{
			said: [
				said(one, { text: one, outcome: 'unnoticed', after: 0 }, read(again)),
				said(two, read(two)),
			],
			agentRead: [again, two],
			taken: [again, two],
		},
	],
	[
		'a text that came again with the ✓ of a message that n8n had dropped',
		{
			said: [
				said(one, { text: one, outcome: 'unnoticed', after: 1 }, { ...read(again), after: 2 }),
				said(two, read(two)),
			],
			agentRead: [again, two],
			taken: [again, two],
			shown: [bot, answer, `${answer}\n\n✓`],
		},
	],
	[
		'a message that was refused, said again',
		{
			said: [
				said(one, { text: one, outcome: 'refused', after: 0 }, read(again)),
				said(two, read(two)),
			],
			agentRead: [again, two],
			taken: [one, again, two],
		},
	],
])('passes with %s', (_, change) => {
	expect(failures(change)).toEqual([]);
});

it.each<[string, Partial<ChatRecord>, string[]]>([
	[
		'a message that the agent has not read',
		{ agentRead: [one] },
		[`lost on the way to the agent: ${two}`, `taken and lost: ${two}`],
	],
	[
		'a message that the agent has read twice',
		{ agentRead: [one, one, two] },
		[`doubled on the way to the agent: ${one}`],
	],
	[
		'messages in another order',
		{ agentRead: [two, one] },
		['out of order on the way to the agent: 1'],
	],
	[
		'a word of another chat at the agent',
		{ before: ['canary c2 greets the bot, 1'] },
		['ofAnother on the way to the agent: canary c2 greets the bot, 1'],
	],
	[
		'a text that the customer has not read',
		{ shown: [bot, '✓', '✓'] },
		[`lost on the way to the customer: ${answer}`],
	],
	[
		'a text that the customer has read twice',
		{ shown: [bot, answer, answer] },
		[`doubled on the way to the customer: ${answer}`],
	],
	[
		'a text that came again with the ✓ of a message that was not dropped',
		{ shown: [bot, answer, `${answer}\n\n✓`] },
		[`doubled on the way to the customer: ${answer}`],
	],
	[
		'texts in another order',
		{ agentSaid: inOrder('b', 'a'), shown: [bot, 'a', 'b'] },
		['out of order on the way to the customer: 1'],
	],
	[
		'a word of the bot that is missing',
		{ shown: [answer] },
		[`lost on the way to the customer: ${bot}`],
	],
	[
		'a word of another chat at the customer',
		{ shown: [bot, answer, 'canary c2 hears 1'] },
		[
			'unexpected on the way to the customer: canary c2 hears 1',
			'ofAnother on the way to the customer: canary c2 hears 1',
		],
	],
	[
		'a message that was taken and lost, hidden by one that was said again',
		{
			said: [
				said(one, { text: one, outcome: 'unnoticed', after: 0 }, read(again)),
				said(two, read(two)),
			],
			agentRead: [again, two],
			taken: [one, again, two],
		},
		[`taken and lost: ${one}`],
	],
	[
		'a message that was said again, although the agent had read it',
		{
			said: [
				said(one, { text: one, outcome: 'unnoticed', after: 0 }, read(again)),
				said(two, read(two)),
			],
			agentRead: [one, again, two],
			taken: [one, again, two],
		},
		[`said again although the agent has read it: ${one}`],
	],
])('fails with %s', (_, change, expected) => {
	expect(failures(change)).toEqual(expected);
});

it('counts what n8n has dropped, and what could not be sent', () => {
	const tries: Said['tries'] = [
		{ text: one, outcome: 'unnoticed', after: 0 },
		{ text: again, outcome: 'refused', after: 0 },
		read('third'),
	];
	const chat = { ...fine, said: [said(one, ...tries)], agentRead: ['third'], taken: [again] };
	expect(countChats([chat])).toMatchObject({ droppedByN8n: 1, refused: 1, takenAndLost: [] });
});
