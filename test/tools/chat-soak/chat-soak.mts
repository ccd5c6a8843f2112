/** n8n's hosted chat with many customers and agents over a bad network. Counts what each side has read. */
import fs from 'node:fs';
import { z } from 'zod';

import { seededRandom } from '../../simulator/seeded-faults.mts';
import type { TalkdeskSimulator } from '../../simulator/simulator.mts';
import { createCleanup } from '../process/cleanup.mts';
import { exitAtSignal } from '../process/signals.mts';
import { startEnvironment, type Environment } from '../demo/environment.mts';
import { startHostedChat } from '../demo/hostedChat.mts';
import type { Script } from '../demo/model.mts';
import type { N8nApi } from '../n8n/api.mts';
import type { N8nOptions } from '../n8n/instance.mts';
import { PROJECT_FOLDER } from '../n8n/pack.mts';
import { startQueueN8n } from '../n8n/queue.mts';
import { soakFaults } from '../soak/faults.mts';
import { CANARY, linesOf } from '../soak/lines.mts';
import { answerCustomer, createArrivals, type Arrivals } from './agent.mts';
import { parseOptions, USAGE } from './chat-soak-options.mts';
import { countChats, failuresOf, formatCounts, type ChatRecord } from './counts.mts';
import { BOT_AGAIN, sayToBot, sayToHuman, type Said } from './customer.mts';
import { openChatWidget, type ChatWidget } from './widget.mts';

/** Talkdesk may be away for a moment: then the bot says that no human comes. */
const MAX_WISHES = 10;
const MAX_WAIT_MS = 120_000;

const options = parseOptions();
/** The longest pause before a customer types, and between two bursts of an agent. */
const CUSTOMER_PAUSE_MS = options.pace * 10_000;
const AGENT_PAUSE_MS = options.pace * 30_000;
const plan = { seed: options.seed, rate: options.rate };
const print = (line = '') => process.stdout.write(`${line}\n`);

const heard = (text: string) => `The bot has heard: ${text}`;
const taken = (text: string) => `A colleague takes over: ${text}`;
const failed = (text: string) => `No colleague is there: ${text}`;
const ADDRESS = /\S+@\S+/;

/** The model repeats what it was told, and calls the tool for whoever wants a human. */
const script: Script = (said, toolResults) => {
	const [result] = toolResults.slice(-1);
	if (result !== undefined) return { say: /error/i.test(result) ? failed(said) : taken(said) };
	const [contactEmail] = ADDRESS.exec(said) ?? [];
	if (contactEmail === undefined) return { say: heard(said) };
	return { callTool: { contactEmail, contactReason: said } };
};

interface Context {
	talkdesk: TalkdeskSimulator;
	arrivals: Arrivals;
	chatUrl: string;
	progress: () => void;
}

interface ChatRun {
	email: string;
	widget: ChatWidget;
	said: Said[];
	ofBot: string[];
	nudges: number;
	/** What has stopped the chat. */
	problems: string[];
}

/** A customer's chat, from the first word to the bot until the bot is back. */
async function playChat(context: Context, nth: number): Promise<ChatRun> {
	const name = `c${nth}`;
	const widget = openChatWidget(context.chatUrl);
	const run: ChatRun = {
		email: `${name}@${CANARY}.internal`,
		widget,
		said: [],
		ofBot: [],
		nudges: 0,
		problems: [],
	};
	try {
		await play(context, run, nth);
	} catch (error) {
		run.problems.push(
			`${name}: ${String(error)}; read last: ${widget.shown.at(-1)?.text ?? 'nothing'}`,
		);
	} finally {
		widget.close();
	}
	return run;
}

async function play({ talkdesk, arrivals, progress }: Context, run: ChatRun, nth: number) {
	const { email, widget, said, ofBot } = run;
	const lines = linesOf(email);
	const random = seededRandom(plan.seed * 100_000 + nth);
	const ask = async (text: string) => {
		const answer = await sayToBot(widget, text, { random, pauseMs: CUSTOMER_PAUSE_MS });
		ofBot.push(
			[heard, taken, failed].map((say) => say(text)).find((each) => each === answer) ?? heard(text),
		);
		return answer;
	};
	await ask(lines.chat(1));
	for (let wish = 1; wish <= MAX_WISHES; wish++) {
		const text = `${lines.wish(wish)}, the address is ${email}`;
		if ((await ask(text)) === taken(text)) break;
	}
	const conversationId = arrivals.of(email);
	if (conversationId === undefined) throw new Error('no conversation has begun');

	let isCustomerDone = false;
	const customer = async () => {
		for (let number = 1; number <= options.messages; number++) {
			const each: Said = { line: lines.question(number), tries: [] };
			said.push(each);
			await sayToHuman(widget, each, {
				...{ random, pauseMs: CUSTOMER_PAUSE_MS },
				isOfHuman: (text) => text.includes(lines.answer(0).slice(0, -1)),
			});
			progress();
		}
	};
	const seat = {
		...{ talkdesk, conversationId, email, widget, progress },
		...{ messages: options.messages, random: seededRandom(plan.seed * 200_000 + nth) },
		...{ pauseMs: AGENT_PAUSE_MS, isCustomerDone: () => isCustomerDone },
	};
	[run.nudges] = await Promise.all([
		answerCustomer(seat),
		customer().finally(() => (isCustomerDone = true)),
	]);

	const isEndedByAgent = nth % 2 === 0;
	const ended = isEndedByAgent
		? 'The conversation with my colleague has ended.'
		: 'You have left the conversation with my colleague.';
	ofBot.push(`${ended} ${BOT_AGAIN}. What else can I do for you?`);
	if (isEndedByAgent) await talkdesk.agent.end(conversationId);
	else await widget.send('end');
	await widget.waitFor(() => isBack(widget), { what: 'the bot', timeoutMs: MAX_WAIT_MS });
}

const isBack = ({ shown, isConnected }: ChatWidget) =>
	!isConnected() && shown.some(({ text }) => text.includes(BOT_AGAIN));

const itemSchema = z.object({
	event: z.string().optional(),
	text: z.string().optional(),
	chatInput: z.string().optional(),
});

/** The customer's texts that executions hold: what n8n has not dropped. */
async function takenBy(api: N8nApi, executionIds: readonly string[]): Promise<string[]> {
	const texts = new Set<string>();
	for (const id of executionIds) {
		const { data } = await api.execution(id);
		const tasks = Object.values(data.resultData.runData).flat();
		const items = tasks.flatMap((task) =>
			(task.data?.main ?? []).flatMap((branch) => branch ?? []),
		);
		for (const { json } of items) {
			const { event, text, chatInput } = itemSchema.catch({}).parse(json);
			if (event === 'customer_message' && text !== undefined) texts.add(text);
			if (chatInput !== undefined) texts.add(chatInput);
		}
	}
	return [...texts];
}

/** A chat from all sides. */
async function recordOf({ talkdesk, n8n }: Environment, run: ChatRun): Promise<ChatRecord> {
	const own = talkdesk
		.conversations()
		.filter(({ start }) => start.contact_person.email === run.email);
	const ids = own.map(({ id }) => id);
	const transcripts = talkdesk
		.transcripts()
		.filter(({ conversationId }) => ids.includes(conversationId));
	const events = transcripts.flatMap((transcript) => transcript.events);
	const calls = events
		.flatMap(({ message, fault, calls }) => {
			const nths = calls.filter(({ ok }) => ok).map(({ nth }) => nth);
			if (!message || nths.length === 0) return [];
			return [{ nth: Math.min(...nths), text: message.content, isLate: fault === 'late' }];
		})
		.sort((a, b) => a.nth - b.nth);
	// The order is that of Talkdesk's calls. A late one is called at the same moment as the one before or after it.
	const agentSaid = calls.map(({ text, isLate }, place) => ({
		...{ text, first: place - (isLate ? 1 : 0), last: place + (isLate ? 1 : 0) },
	}));
	return {
		email: run.email,
		said: run.said,
		agentRead: transcripts.flatMap(({ customer }) => customer.map(({ content }) => content ?? '')),
		before: own.flatMap(({ start }) =>
			(start.previous_messages ?? []).map(({ content }) => content),
		),
		taken: await takenBy(n8n.api, run.widget.executionIds),
		agentSaid,
		shown: run.widget.shown.map(({ text }) => text),
		ofBot: run.ofBot,
	};
}

const startQueue = async (given: N8nOptions) =>
	await startQueueN8n({ packageFolder: PROJECT_FOLDER, ...given });

async function soak(): Promise<boolean> {
	const cleanup = createCleanup();
	try {
		const { faults, webhookFaults } = soakFaults(plan);
		const arrivals = createArrivals(() => environment.talkdesk);
		const environment = await startEnvironment({
			talkdesk: { faults, webhookFaults, onLog: arrivals.onLog },
			onProgress: print,
			// Isolates for expressions would take most of the processor time.
			n8nEnv: { N8N_EXPRESSION_ENGINE: 'legacy' },
			...(options.queue && { startN8n: startQueue }),
		});
		cleanup.add(async () => {
			if (options.log) fs.writeFileSync(options.log, environment.n8n.log());
			await environment.stop();
		});
		const { talkdesk } = environment;
		const hosted = await startHostedChat(environment, script);
		cleanup.add(async () => await hosted.close());

		const total = options.chats * options.messages * 2;
		let done = 0;
		const progress = () => {
			done++;
			if (done % Math.ceil(total / 10) === 0) print(`  ${done} of ${total} messages`);
		};
		const begun = Date.now();
		const context = { talkdesk, arrivals, chatUrl: hosted.chatUrl, progress };
		const runs = await Promise.all(
			Array.from({ length: options.chats }, async (_, index) => await playChat(context, index + 1)),
		);
		const seconds = Math.round((Date.now() - begun) / 1000);
		const records: ChatRecord[] = [];
		for (const run of runs) records.push(await recordOf(environment, run));
		const counts = countChats(records);
		print(`\n${options.chats} chats, ${options.messages} messages each way, in ${seconds} s.\n`);
		print(formatCounts(counts));
		const nudges = runs.reduce((sum, run) => sum + run.nudges, 0);
		print(`Agents who asked once more, since the customer saw dots for 20 s: ${nudges}.`);
		print(`Faults of Talkdesk's responses: ${JSON.stringify(faults.counts())}.`);
		print(`Faults of Talkdesk's webhook calls: ${JSON.stringify(webhookFaults.counts())}.`);
		if (options.records) fs.writeFileSync(options.records, JSON.stringify(records, null, '\t'));
		const failures = [...runs.flatMap(({ problems }) => problems), ...failuresOf(counts)];
		for (const text of failures.slice(0, 30)) print(`  failure: ${text}`);
		if (failures.length > 30) print(`  and ${failures.length - 30} more`);
		return failures.length === 0;
	} finally {
		await cleanup.run();
	}
}

if (options.help) {
	print(USAGE);
	process.exit(0);
}
exitAtSignal();
process.exit((await soak()) ? 0 : 1);
