import { z } from 'zod';

import type { Answer } from './api.mts';
import { idOf } from './created.mts';
import { hasErrorForm, isSuccess, newKey, startBody, unknownId, type Context } from './probe.mts';
import { describeAnswer } from './shape.mts';

type Spelling = 'lower' | 'upper';

/** A conversation of the check, with what a repeated start needs. */
export interface Started {
	id: string;
	key: string;
	body: object;
}

const transcript = (types: [string, string]) =>
	types.map((type, index) => ({
		type,
		content: 'Contract check',
		created_at: new Date(Date.now() - 60_000 + index * 1000).toISOString(),
	}));

const TYPES: Record<Spelling, [string, string]> = {
	lower: ['user', 'external'],
	upper: ['USER', 'EXTERNAL'],
};

/** Whether an error points at the transcript, as the package looks for it. */
const isAboutTranscript = ({ status, body }: Answer) =>
	status === 400 && /previous_?messages/i.test(JSON.stringify(body));

function recordStarted({ findings }: Context, answer: Answer) {
	const { success: isText } = z.object({ id: z.string() }).safeParse(answer.body);
	findings.record('ids.text', isText, `of a conversation: ${isText ? 'text' : 'another type'}`);
}

/** Starts a conversation with a transcript, after one with a wrong type and the same key. */
async function startWithTranscript(context: Context): Promise<Started> {
	const { created, findings } = context;
	const bodyWith = (types: [string, string]) =>
		startBody(context, { previous_messages: transcript(types) });
	let key = newKey(context);
	const wrong = await created.start(bodyWith(['nobody', 'external']), { key });
	findings.record('start.type-error', isAboutTranscript(wrong), describeAnswer(wrong));
	const isKeyRefused = wrong.status >= 400 && wrong.status < 500;
	if (!isKeyRefused) {
		findings.record('start.key-after-refusal', 'unclear', 'nothing was refused');
		key = newKey(context);
	}

	const startWith = async (spelling: Spelling): Promise<Answer> => {
		const answer = await created.start(bodyWith(TYPES[spelling]), { key });
		const isAboutKey = !isSuccess(answer) && !isAboutTranscript(answer);
		if (!isAboutKey || !isKeyRefused) return answer;
		const again = newKey(context);
		const second = await created.start(bodyWith(TYPES[spelling]), { key: again });
		if (isSuccess(second)) {
			findings.record('start.key-after-refusal', false, describeAnswer(answer));
			key = again;
		}
		return second;
	};
	let spelling: Spelling = 'lower';
	const lower = await startWith(spelling);
	let answer = lower;
	if (!isSuccess(lower)) {
		spelling = 'upper';
		answer = await startWith(spelling);
	}
	findings.record('start.types', isSuccess(lower), `lower case: ${describeAnswer(lower)}`);
	const id = idOf(answer);
	if (id === undefined) throw new Error(`no conversation was started: ${describeAnswer(answer)}`);
	recordStarted(context, answer);
	findings.record('start.key-after-refusal', true, describeAnswer(answer));
	return { id, key, body: bodyWith(TYPES[spelling]) };
}

/**
 * Starts the conversations that the other probes use, and repeats a start.
 *
 * @throws Error if no conversation could be started
 */
export async function probeStart(context: Context): Promise<{ first: Started; second: Started }> {
	const { created, findings } = context;
	const empty = await created.start({}, { key: newKey(context) });
	if (empty.status === 403) throw new Error(`Talkdesk allows nothing: ${describeAnswer(empty)}`);
	findings.record('start.empty', empty.status === 400, describeAnswer(empty));

	const elsewhere = { ...startBody(context), touchpoint_id: unknownId() };
	const wrong = await created.start(elsewhere, { key: newKey(context) });
	findings.record('start.touchpoint', wrong.status === 404, describeAnswer(wrong));
	for (const answer of [empty, wrong]) {
		if (isSuccess(answer)) continue;
		findings.record('error.body', hasErrorForm(answer), describeAnswer(answer));
	}

	const first = await startWithTranscript(context);
	const again = await created.start(first.body, { key: first.key });
	const isSame = idOf(again) === first.id;
	findings.record('start.key', isSame, `${again.status}, ${isSame ? 'the same id' : 'another id'}`);

	const second = { key: newKey(context), body: startBody(context) };
	const answer = await created.start(second.body, { key: second.key });
	const id = idOf(answer);
	if (id === undefined) throw new Error(`no conversation was started: ${describeAnswer(answer)}`);
	return { first, second: { ...second, id } };
}

/** Repeats the start of a conversation that has ended. */
export async function probeStartAfterEnd(
	{ created, findings }: Context,
	{ id, key, body }: Started,
): Promise<void> {
	if (!findings.holds('start.key')) {
		return findings.record('start.key-after-end', 'unclear', 'keys have no effect');
	}
	const answer = await created.start(body, { key });
	const isSame = idOf(answer) === id;
	findings.record(
		'start.key-after-end',
		isSame,
		isSame ? `${answer.status}, the same id` : `another id, or ${describeAnswer(answer)}`,
	);
}
