import { setTimeout as sleep } from 'node:timers/promises';

import { ask, conversationAbout } from '../e2e/examples-questions.mts';
import { answer, questionAbout } from '../e2e/examples-operators.mts';
import { shownOf, type Row, type Rows, type Shown } from './rows.mts';

/** Spellings of programs that write to customers, before and after a human does; null: nobody is named. */
const PROGRAMS = [
	['BOT', 'virtual-agent', 'Studio', null],
	['SYSTEM', 'automated', 'VIRTUAL_AGENT', 'flow', null],
] as const;
/** Spellings of the customer. */
export const ECHO_AUTHORS = [
	...['CONTACT_PERSON', 'customer', 'EXTERNAL', 'End User', 'contact', 'visitor', 'user'],
].map((type) => ({ type }));

const TIMEOUT_MS = 60_000;
const QUESTION = 'When are you open?';
const BOT = /We are open|You said: When are you open/;
const END = /I am your bot again|colleague has ended|^The conversation has ended/;

/** Runs a cell. @returns what was wrong */
export type Cell = (rows: Rows, hasExtras: boolean) => Promise<string[]>;

/** A hand-off and back, with a transfer, a reopened conversation, and one that is nobody's. */
export const handOffAndBack =
	(nameOfRow: string): Cell =>
	async (rows, hasExtras) => {
		const row = rows.handOffs.find(({ name }) => name === nameOfRow);
		if (!row) throw new Error(`There is no row ${nameOfRow}.`);
		const { environment } = rows;
		const { talkdesk } = environment;
		const { problems, check, checkShown } = checks();
		const failed = await environment.failedIn(row.workflowId);
		const stranger = await openForStranger(rows, row);

		const customer = row.newCustomer();
		const shows = async (what: string, fits: (shown: Shown[]) => boolean) =>
			await until(
				() => fits(customer.shown()),
				() => `${what}. Shown: ${JSON.stringify(customer.shown())}`,
			);
		const says = async (text: string) => {
			await customer.says(text);
			await until(
				() => environment.saidIn(id).includes(text),
				() => `"${text}" in Talkdesk`,
			);
		};
		await customer.says('I want to talk to a human');
		const id = await environment.conversationIn(
			row.touchpointId,
			({ contact_person }) => contact_person.email === customer.email,
		);
		const automated = hasExtras ? await sayAutomatically(rows, id, PROGRAMS[0]) : [];
		for (const text of ['first', 'second']) await says(text);
		await talkdesk.agent.join(id, { name: 'Zoe' });
		await environment.settled(row.workflowId, id);
		check(
			customer.shown().every(({ by, joined }) => by !== 'human' && !joined),
			'a human is there before one has written',
		);

		await talkdesk.agent.say(id, 'Zoe one');
		await talkdesk.agent.say(id, 'Zoe two');
		if (hasExtras) automated.push(...(await sayAutomatically(rows, id, PROGRAMS[1])));
		await says('third');
		await talkdesk.agent.transfer(id, { name: 'Max' });
		await talkdesk.agent.say(id, 'Max one');
		await shows("Max's words", (shown) => timesIn(shown, 'Max one') > 0);
		await talkdesk.agent.end(id);
		await shows('the end', (shown) => countOf(shown, END) === 1);
		await customer.says(QUESTION);
		await shows('the bot', (shown) => countOf(shown, BOT) === 1);

		await talkdesk.agent.reopen(id);
		await talkdesk.agent.say(id, 'Max two');
		await shows('words after the end', (shown) => timesIn(shown, 'Max two') > 0);
		await says('fourth');
		await talkdesk.agent.end(id);
		await shows('the second end', (shown) => countOf(shown, END) === 2);
		await customer.says(QUESTION);
		await shows('the bot once more', (shown) => countOf(shown, BOT) === 2);

		await talkdesk.agent.end(stranger);
		for (const each of [id, stranger]) await environment.settled(row.workflowId, each);
		const own = ['first', 'second', 'third', 'fourth'];
		const ofAgents = ['Zoe one', 'Zoe two', 'Max one', 'Max two'];
		const shown = customer.shown();
		check(same(environment.saidIn(id), own), `in Talkdesk: ${environment.saidIn(id).join()}`);
		checkShown(shown, { ofAgents, automated, own: [...own, 'to a stranger'] });
		// Executions of n8n run side by side: which of two messages comes first isn't certain.
		const joined = shown.filter((each) => each.joined).map(({ text }) => lastLine(text));
		check(
			same(
				joined.map((text) => text.split(' ')[0] ?? ''),
				['Zoe', 'Max'],
			),
			`agents join with: ${joined.join(' | ')}`,
		);
		check(
			talkdesk
				.conversations()
				.filter(
					({ start }) =>
						start.touchpoint_id === row.touchpointId &&
						start.contact_person.email === customer.email,
				).length === 1,
			'more than one conversation was started',
		);
		await checkExecutions(rows, row.workflowId, failed, check);
		return problems;
	};

/** A workflow asks a human. */
export const questionAndAnswer: Cell = async (rows, hasExtras) => {
	const { environment, asking } = rows;
	const { talkdesk } = environment;
	const { problems, check } = checks();
	const failed = await environment.failedIn(asking.workflowId);
	const stranger = await openForStranger(rows, {
		touchpointId: 'ask-a-human-and-wait',
		workflowId: asking.workflowId,
	});
	const question = `May I? ${Date.now()}`;
	const answered = await ask(environment, asking, question);
	const id = await conversationAbout(environment, question);
	if (hasExtras) await sayAutomatically(rows, id, PROGRAMS.flat());
	await talkdesk.agent.join(id, { name: 'Zoe' });
	await environment.settled(asking.workflowId, id);
	check(talkdesk.conversation(id)?.state === 'open', 'answered before a human has written');
	if (problems.length > 0) return problems;
	await talkdesk.agent.say(id, 'Yes, please');
	const given = await answered();
	const expected = {
		question,
		answered: true,
		answer: 'Yes, please',
		answeredBy: 'Zoe',
		reason: 'message_created',
	};
	check(JSON.stringify(given) === JSON.stringify(expected), `answer: ${JSON.stringify(given)}`);
	await talkdesk.agent.end(stranger);
	for (const each of [id, stranger]) await environment.settled(asking.workflowId, each);
	check(talkdesk.conversation(id)?.endedBy === 'api', 'the conversation is not ended');
	await checkExecutions(rows, asking.workflowId, failed, check);
	return problems;
};

/** An agent writes first. */
export const agentFirst: Cell = async (rows, hasExtras) => {
	const { environment, operators: desk } = rows;
	const { talkdesk } = environment;
	const { problems, check, checkShown } = checks();
	const { workflowId } = desk.example;
	const failed = await environment.failedIn(workflowId);
	const person = desk.telegram.person('Ben');
	const shows = async (text: string, times = 1) =>
		await until(
			() => timesIn(person.read.map(shownOf), text) === times,
			() => `${times} times "${text}". Shown: ${JSON.stringify(person.read)}`,
		);
	const { conversationId: id } = await talkdesk.agent.open({
		...{ name: 'Zoe', email: 'ben@example.com', touchpoint: 'an-agent-writes-first' },
	});
	await talkdesk.agent.say(id, 'Zoe one');
	const { link } = await questionAbout(desk.operators, id);
	await environment.settled(workflowId, id);
	await answer(link, person.id);
	await shows('Zoe one');
	const automated = hasExtras ? await sayAutomatically(rows, id, PROGRAMS.flat()) : [];
	for (const text of ['first', 'second']) {
		await person.says(text);
		await until(
			() => environment.saidIn(id).includes(text),
			() => `"${text}" in Talkdesk`,
		);
	}
	await talkdesk.agent.transfer(id, { name: 'Max' });
	await talkdesk.agent.say(id, 'Max one');
	await shows('Max one');
	await talkdesk.agent.end(id);
	await shows('The conversation has ended.');
	await talkdesk.agent.reopen(id);
	await talkdesk.agent.say(id, 'Max two');
	await shows('Max two');
	await talkdesk.agent.end(id);
	await shows('The conversation has ended.', 2);
	await environment.settled(workflowId, id);
	check(same(environment.saidIn(id), ['first', 'second']), 'words in Talkdesk');
	const ofAgents = ['Zoe one', 'Max one', 'Max two'];
	checkShown(person.read.map(shownOf), { ofAgents, automated, own: ['first', 'second'] });
	const questions = desk.operators.read.filter(({ text }) => text.includes(id));
	check(questions.length === 1, 'the operators are asked once');
	await checkExecutions(rows, workflowId, failed, check);
	return problems;
};

/** A conversation that an agent opens at the touchpoint of an example that knows of no such ones. */
async function openForStranger(
	{ environment: { talkdesk } }: Rows,
	{ touchpointId }: Pick<Row, 'touchpointId' | 'workflowId'>,
): Promise<string> {
	const opened = await talkdesk.agent.open({
		...{ name: 'Uma', email: 'stranger@example.com', touchpoint: touchpointId },
	});
	await talkdesk.agent.say(opened.conversationId, 'to a stranger');
	return opened.conversationId;
}

let automatedTexts = 0;

/** @returns the texts */
async function sayAutomatically(
	{ environment: { talkdesk } }: Rows,
	id: string,
	types: ReadonlyArray<string | null>,
): Promise<string[]> {
	const texts: string[] = [];
	for (const type of types) {
		const text = `We are closed (${++automatedTexts}, ${type ?? 'by nobody'})`;
		await talkdesk.agent.sayAutomatically(id, text, { author: type === null ? null : { type } });
		texts.push(text);
	}
	return texts;
}

function checks() {
	const problems: string[] = [];
	const check = (isRight: boolean, problem: string) => void (isRight || problems.push(problem));
	return {
		problems,
		check,
		/** Checks the words that must and must not be among those that were shown. */
		checkShown(
			shown: Shown[],
			{ ofAgents, automated, own }: Record<'ofAgents' | 'automated' | 'own', string[]>,
		) {
			const lines = shown.map(({ text }) => lastLine(text));
			check(
				same(lines.filter((line) => ofAgents.includes(line)).toSorted(), ofAgents.toSorted()),
				`agents' words: ${lines.join(' | ')}`,
			);
			for (const text of automated) {
				check(timesIn(shown, text) === 1, `${timesIn(shown, text)} times: ${text}`);
				check(
					!shown.some((each) => each.text.includes(text) && (each.joined || each.by === 'human')),
					`as by a human: ${text}`,
				);
			}
			for (const text of own) check(timesIn(shown, text) === 0, `the customer reads "${text}"`);
		},
	};
}

async function checkExecutions(
	{ environment }: Rows,
	workflowId: string,
	before: string[],
	check: (isRight: boolean, problem: string) => void,
) {
	const since = (await environment.failedIn(workflowId)).filter((id) => !before.includes(id));
	check(since.length === 0, `failed executions: ${since.join()}`);
}

const lastLine = (text: string) => text.split('\n').at(-1) ?? '';
const timesIn = (shown: Shown[], text: string) =>
	shown.flatMap((each) => each.text.split('\n')).filter((line) => line === text).length;
const countOf = (shown: Shown[], pattern: RegExp) =>
	shown.filter(({ text }) => pattern.test(text)).length;
const same = (some: readonly string[], others: readonly string[]) =>
	JSON.stringify(some) === JSON.stringify(others);

async function until(isTrue: () => boolean, what: () => string): Promise<void> {
	const end = Date.now() + TIMEOUT_MS;
	while (!isTrue()) {
		if (Date.now() > end) throw new Error(`Waited in vain for ${what()}`);
		await sleep(50);
	}
}
