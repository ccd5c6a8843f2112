/** The time of the recognizer for a message, in every format and at growing lengths. */
import { toPreviousMessages } from '../../../nodes/Talkdesk/transcript/format.ts';
import { recognizeTranscript } from '../../../nodes/Talkdesk/transcript/recognize.ts';
import type { Part, Progress, Section } from './section.mts';
import { inTurns, median, medianRatio } from './statistics.mts';

const LENGTHS = [10, 1000, 10_000];
/** The messages of each sample: short transcripts are repeated. */
const PER_SAMPLE = 10_000;
const SAMPLES = 15;
const GOAL = 1.5;

const time = (index: number) => new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString();
const text = (index: number) => `Message ${index}: where is my order, and when will it be here?`;
const isUser = (index: number) => index % 2 === 0;

const constructed = (index: number) => ({
	lc: 1,
	type: 'constructor',
	id: ['langchain_core', 'messages', isUser(index) ? 'HumanMessage' : 'AIMessage'],
	kwargs: { content: text(index), additional_kwargs: {}, response_metadata: {} },
});

/** Every documented format, with one message for each index. */
const FORMS: Array<{ name: string; of: (indices: number[]) => unknown }> = [
	{
		name: "OpenAI's API",
		of: (all) =>
			all.map((index) => ({
				role: isUser(index) ? 'user' : 'assistant',
				content: text(index),
			})),
	},
	{
		name: "OpenAI's API, parts",
		of: (all) =>
			all.map((index) => ({
				role: isUser(index) ? 'user' : 'assistant',
				content: [{ type: 'text', text: text(index) }],
			})),
	},
	{
		name: 'Chat Memory Manager, simplified',
		of: (all) => [
			{
				messages: all.filter(isUser).map((index) => ({ human: text(index), ai: text(index + 1) })),
			},
		],
	},
	{
		name: 'Chat Memory Manager, not simplified',
		of: (all) => ({ messages: all.map(constructed) }),
	},
	{
		name: "LangChain's stored messages",
		of: (all) =>
			all.map((index) => ({
				type: isUser(index) ? 'human' : 'ai',
				data: { content: text(index), tool_calls: [] },
			})),
	},
	{
		name: "rows of LangChain's tables",
		of: (all) =>
			all.map((index) => ({
				id: index,
				session_id: 's',
				message: JSON.stringify({ type: isUser(index) ? 'human' : 'ai', content: text(index) }),
			})),
	},
	{
		name: 'rows of a Data Table, as items',
		of: (all) =>
			all.map((index) => ({
				json: {
					id: index,
					sender: isUser(index) ? 'customer' : 'bot',
					text: text(index),
					createdAt: time(index),
				},
			})),
	},
	{
		name: "Talkdesk's own",
		of: (all) =>
			all.map((index) => ({
				type: isUser(index) ? 'user' : 'external',
				content: text(index),
				created_at: time(index),
			})),
	},
	{
		name: 'JSON text',
		of: (all) =>
			JSON.stringify(
				all.map((index) => ({
					role: isUser(index) ? 'user' : 'assistant',
					content: text(index),
				})),
			),
	},
];

/** Reads a transcript as Conversation: Start does. */
function read(value: unknown): number {
	return toPreviousMessages(recognizeTranscript(value).messages, Date.now()).length;
}

/** Microseconds for each message. */
function sample(value: unknown, length: number): number {
	const begun = performance.now();
	for (let count = 0; count < PER_SAMPLE; count += length) {
		const messages = read(value);
		if (messages !== length) throw new Error(`Of ${length} messages ${messages} were recognized.`);
	}
	return ((performance.now() - begun) * 1000) / PER_SAMPLE;
}

async function measure(progress: Progress): Promise<Section> {
	const rows: string[][] = [];
	const ratios: number[] = [];
	for (const { name, of } of FORMS) {
		progress(`${name} …`);
		const values = LENGTHS.map((length) => ({
			length,
			value: of(Array.from({ length }, (_, index) => index)),
		}));
		// A warm-up, until everything is compiled.
		for (const { value, length } of values) sample(value, length);
		const results = await inTurns(values, SAMPLES, async ({ value, length }) =>
			sample(value, length),
		);
		const [, middle = [], long = []] = results;
		const ratio = medianRatio(long, middle);
		ratios.push(ratio);
		rows.push([name, ...results.map((each) => `${median(each).toFixed(2)} µs`), ratio.toFixed(2)]);
	}
	const worst = Math.max(...ratios);
	return {
		title: 'Transcripts',
		paragraphs: [
			`Time for each message, from a transcript in any form to what Talkdesk takes, by the length of the transcript. Medians of ${SAMPLES} samples of ${PER_SAMPLE} messages each.`,
		],
		tables: [
			{
				head: ['form', ...LENGTHS.map((length) => `${length} messages`), '10000 ÷ 1000'],
				rows,
			},
		],
		goals: [
			{
				measure:
					'Transcripts: time for each of 10,000 messages, compared with each of 1,000; the worst form',
				goal: `≤ ${GOAL}`,
				measured: worst.toFixed(2),
				isMet: worst <= GOAL,
			},
		],
	};
}

export const transcripts: Part = {
	name: 'transcripts',
	what: 'the recognizer: time for each message of short and long transcripts',
	measure,
};
