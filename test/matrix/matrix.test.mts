/**
 * Every example that hands off, in every reading of what Talkdesk tells n8n, on one n8n.
 * Usage: npm run matrix
 */
import { readings } from '../simulator/options.mts';
import {
	agentFirst,
	ECHO_AUTHORS,
	handOffAndBack,
	questionAndAnswer,
	type Cell,
} from './cells.mts';
import { startRows, type Rows } from './rows.mts';

const HAND_OFFS = [
	'live-chat-hand-off',
	'ai-agent-hand-off',
	'telegram-hand-off',
	'whatsapp-hand-off',
	'slack-hand-off',
	'no-agent-in-time',
	'after-the-conversation',
	'one-desk-many-channels',
	'one-desk-many-channels, Telegram',
];
const CELLS = new Map<string, Cell>([
	...HAND_OFFS.map((name): [string, Cell] => [name, handOffAndBack(name)]),
	['ask-a-human-and-wait', questionAndAnswer],
	['an-agent-writes-first', agentFirst],
]);
const COLUMNS = readings.shape.conversationStarted.options.flatMap((conversationStarted) => [
	{ name: conversationStarted, conversationStarted, hasExtras: false },
	{ name: `${conversationStarted} +`, conversationStarted, hasExtras: true },
]);

/** Cells that run at the same time: each waits for n8n part of its time. */
const AT_A_TIME = 3;

let rows: Rows;
/** What was wrong in the cells, by column and row. */
const found = new Map<string, Map<string, string[]>>();

beforeAll(async () => {
	rows = await startRows();
	expect(rows.handOffs.map(({ name }) => name)).toEqual(HAND_OFFS);
}, 300_000);
afterAll(async () => {
	await rows?.stop();
	process.stdout.write(table());
}, 60_000);

describe.each(COLUMNS)('$name', ({ name, conversationStarted, hasExtras }) => {
	beforeAll(async () => {
		rows.environment.talkdesk.configure({
			conversationStarted,
			echoAuthors: hasExtras ? ECHO_AUTHORS : [],
		});
		const column = new Map<string, string[]>();
		found.set(name, column);
		const left = [...CELLS];
		await Promise.all(
			Array.from({ length: AT_A_TIME }, async () => {
				for (let next = left.shift(); next; next = left.shift()) {
					const [row, cell] = next;
					const problems = await cell(rows, hasExtras).catch((error: unknown) => [String(error)]);
					column.set(row, problems);
					// At once: Jest tells at the end.
					process.stdout.write(`${name}, ${row}: ${problems.join('; ') || 'ok'}\n`);
				}
			}),
		);
	}, 900_000);

	it.each([...CELLS.keys()])('%s', (row) => {
		expect(found.get(name)?.get(row)).toEqual([]);
	});
});

/** The matrix as text. */
function table(): string {
	const width = Math.max(...[...CELLS.keys()].map((row) => row.length));
	const markOf = (column: string, row: string) => {
		const problems = found.get(column)?.get(row);
		return problems === undefined ? '-' : problems.length > 0 ? 'FAILED' : 'ok';
	};
	const line = (row: string, marks: string[]) =>
		`${row.padEnd(width)}  ${marks.map((mark, at) => mark.padEnd(COLUMNS[at]?.name.length ?? 0)).join('  ')}\n`;
	return [
		'\nconversation_started is called at …; +: with echoes and automated messages\n\n',
		line(
			'',
			COLUMNS.map(({ name }) => name),
		),
		...[...CELLS.keys()].map((row) =>
			line(
				row,
				COLUMNS.map(({ name }) => markOf(name, row)),
			),
		),
	].join('');
}
