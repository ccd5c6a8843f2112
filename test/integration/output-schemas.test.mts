import { Ajv } from 'ajv';
import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { z } from 'zod';

import { resources } from '../../nodes/Talkdesk/actions';
import { attachmentsPath, casesPath } from '../simulator/contract.mts';
import type { Answered } from '../simulator/answers.mts';
import {
	END,
	failFirst,
	run,
	SEND,
	SEND_ROUTE,
	START,
	startConversation,
	talkdesk,
} from './fixtures.mts';
import { FakeDataTables } from '../support/fakeDataTables.mts';
import { checkOutput, describedOutputs, outputSchema } from './outputSchemas.mts';
import { event, trigger } from './session-fixtures.mts';
import { bill, sendFiles, textFile, UPLOAD, uploadFile } from './sample-files.mts';

/**
 * Every output of every integration test is checked: it has no field that isn't in the schema of its operation. Here it is
 * the other way around: there is no field in a schema that never comes.
 */

const succeed = async (...args: Parameters<typeof run>): Promise<INodeExecutionData[]> => {
	const { items, error } = await run(...args);
	if (error) throw error;
	return items;
};

const startNew = { ifConversationEnded: 'startNew', contactEmail: 'ann@example.com' };
const record = z.record(z.unknown());
const partialFailure = () => 'too bad';
/** The answer to the first attempt is lost, and then the conversation is over. */
const endWithLostAnswer = () => {
	failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' }, { kind: 'conversationEnds' });
	talkdesk.configure({ messageKeysAfterEnd: 'ended', partialFailure });
};

/** Talkdesk may give metadata with any attachment. */
function withMetadata({ route, body }: Answered) {
	if (!route.includes(attachmentsPath)) return undefined;
	const add = (value: unknown): unknown => {
		if (Array.isArray(value)) return value.map(add);
		const object = z.record(z.unknown()).safeParse(value);
		if (!object.success) return value;
		const entries = Object.entries(object.data).map(([key, part]) => [key, add(part)]);
		return {
			...Object.fromEntries(entries),
			...('id' in object.data && { metadata: { case: 7 } }),
		};
	};
	return { body: add(body) };
}

const onAttachment = async (operation: string) => {
	const attachmentId = await uploadFile();
	talkdesk.configure({ answers: withMetadata });
	return await succeed({
		resource: 'attachment',
		operation,
		attachmentId,
		outputDataFieldName: 'data',
		options: {},
	});
};

/** What brings out every field of an operation's output. */
const SCENARIOS: Record<string, () => Promise<INodeExecutionData[]>> = {
	'attachment/delete': async () => await onAttachment('delete'),
	'attachment/download': async () => await onAttachment('download'),
	'attachment/get': async () => await onAttachment('get'),
	'attachment/getAll': async () => await onAttachment('getAll'),
	'attachment/upload': async () => {
		talkdesk.configure({ answers: withMetadata });
		return await succeed(UPLOAD, { files: { data: bill } });
	},
	'case/create': async () => {
		talkdesk.configure({
			answers: ({ route, body }) =>
				route.includes(casesPath)
					? { body: { ...record.parse(body), type: 'Question' } }
					: undefined,
		});
		return await succeed({
			resource: 'case',
			operation: 'create',
			title: 'Teapot',
			description: 'It has a crack',
			transcriptSource: 'none',
			options: {
				priority: 'LOW',
				ownerId: 'owner',
				requesterName: 'Ann',
				customFieldsJson: { a: 1 },
				notes: { note: [{ title: 'First', body: 'Words' }] },
			},
		});
	},
	'conversation/end': async () =>
		await succeed(END, { items: [{ conversationId: await startConversation() }] }),
	'conversation/start': async () =>
		await succeed(
			{ ...START, sessionId: 's' },
			{ dataTables: new FakeDataTables(), workflowId: 'start' },
		),
	'message/route': async () => {
		const dataTables = new FakeDataTables();
		await succeed({ ...START, sessionId: 's' }, { dataTables, workflowId: 'route' });
		const route = async (options: INodeParameters) =>
			await succeed(
				{
					resource: 'message',
					operation: 'route',
					sessionId: 's',
					text: 'Hi',
					inputDataFieldNames: '*',
					options,
				},
				{ dataTables, workflowId: 'route', files: { a: textFile('a.txt') } },
			);
		talkdesk.configure({ partialFailure });
		const sent = await route({});
		failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
		return [...sent, ...(await route({ ifOutcomeUnknown: 'report' }))];
	},
	'message/send': async () => {
		const conversationId = await startConversation();
		endWithLostAnswer();
		return await succeed(sendFiles(conversationId, {}, startNew), {
			files: { a: textFile('a.txt') },
		});
	},
	'message/sendAndWaitForReply': async () => {
		const context = { dataTables: new FakeDataTables(), workflowId: 'wait' };
		await succeed({ ...START, sessionId: 's', options: { sessionData: '{}' } }, context);
		const conversationId = talkdesk.conversations().at(-1)?.id ?? '';
		await talkdesk.agent.join(conversationId, { name: 'Zoe' });
		const attachments = [
			{ id: await uploadFile(), name: 'bill.pdf', type: 'application/pdf', size: 7 },
			{ id: 'not there' },
		];
		const author = { type: 'AGENT', name: 'Zoe' };
		const payload = { content: 'Hi', author, attachments, reason: 'CLOSED' };
		// What the trigger puts out is what it hands over.
		const { events } = await trigger(
			['message_created', 'conversation_ended'].map((name) =>
				event(name, conversationId, { payload }),
			),
			{
				...context,
				parameters: {
					events: ['message_created', 'conversation_ended'],
					options: { downloadAttachments: true, includeBodyShape: true },
				},
			},
		);
		for (const json of events) checkOutput(WAIT, [[{ json }]]);
		const next = { ...context, executionId: '2' };
		await succeed({ ...START, sessionId: 's' }, next);
		const again = { ...WAIT, conversationId: talkdesk.conversations().at(-1)?.id ?? '' };
		const waiting = await succeed(again, next);
		const timeouts = await timeoutsWithSentMessage(again);
		await talkdesk.agent.join(again.conversationId, { name: 'Zoe' });
		await talkdesk.agent.end(again.conversationId);
		const ended = await succeed(again, { ...context, executionId: '3' });
		return [...waiting, ...ended, ...[...events, ...timeouts].map((json) => ({ json }))];
	},
	'message/sendTranscript': async () => {
		const conversationId = await startConversation();
		endWithLostAnswer();
		return await succeed({
			resource: 'message',
			operation: 'sendTranscript',
			conversationId,
			transcriptSource: 'json',
			transcript: [{ role: 'user', content: 'Hi' }],
			sendAs: 'file',
			options: startNew,
		});
	},
};

const WAIT: INodeParameters = {
	resource: 'message',
	operation: 'sendAndWaitForReply',
	conversationId: '',
	text: 'Hi',
	options: {},
};

/** What comes out of waits that began with a message that is partly lost, or whose answer is. */
async function timeoutsWithSentMessage(wait: INodeParameters) {
	const context = {
		files: { a: textFile('a.txt') },
		dataTables: new FakeDataTables(),
		workflowId: 'wait for sent',
	};
	const withFile = { ...wait, inputDataFieldNames: 'a' };
	talkdesk.configure({ partialFailure });
	const partial = await run(withFile, context);
	failFirst(SEND_ROUTE, { kind: 'cut', when: 'after' });
	const options = { ifOutcomeUnknown: 'report' };
	const unknown = await run({ ...withFile, options }, { ...context, executionId: '4' });
	return [partial, unknown].map(({ waitsWith: json = {} }) => {
		checkOutput(WAIT, [[{ json }]]);
		return json;
	});
}

const nested = z
	.object({ properties: z.record(z.unknown()).optional(), items: z.unknown() })
	.passthrough();

/** The paths of all fields that a schema has, as in `attachments[].name`. */
function fieldsOf(schema: unknown, prefix = ''): string[] {
	const { properties = {}, items } = nested.parse(schema);
	return [
		...Object.entries(properties).flatMap(([name, part]) => [
			prefix + name,
			...fieldsOf(part, `${prefix}${name}.`),
		]),
		...(items === undefined ? [] : fieldsOf(items, `${prefix.slice(0, -1)}[].`)),
	];
}

/** The paths of all fields that a value has. */
function fieldsIn(value: unknown, prefix = ''): string[] {
	if (Array.isArray(value))
		return value.flatMap((part) => fieldsIn(part, `${prefix.slice(0, -1)}[].`));
	const object = z.record(z.unknown()).safeParse(value);
	if (!object.success) return [];
	return Object.entries(object.data).flatMap(([name, part]) => [
		prefix + name,
		...fieldsIn(part, `${prefix}${name}.`),
	]);
}

it('every operation has a schema, and every schema an operation', () => {
	const operations = resources.flatMap(({ name, operations: own }) =>
		own.map(({ option }) => `${name}/${option.value}`),
	);
	expect(describedOutputs()).toEqual(operations.sort());
});

it.each(Object.keys(SCENARIOS))('%s: no field of the schema is made up', async (name) => {
	const schema = outputSchema(name);
	const come = new Set((await SCENARIOS[name]?.())?.flatMap(({ json }) => fieldsIn(json)));
	expect(fieldsOf(schema).filter((field) => !come.has(field))).toEqual([]);
});

it.each(describedOutputs())('%s: a schema that lets nothing unknown through', (name) => {
	const closed = z
		.object({ type: z.literal('object'), additionalProperties: z.literal(false) })
		.safeParse(outputSchema(name));
	expect(closed.success).toBe(true);
	expect(new Ajv().addKeyword('version').validateSchema(outputSchema(name))).toBe(true);
	expect(SCENARIOS).toHaveProperty([name]);
});

describe('checkOutput', () => {
	const check =
		(json: IDataObject, parameters: INodeParameters = END) =>
		() =>
			checkOutput(parameters, [[{ json }]]);
	const good = { conversationId: 'c', ended: true, alreadyEnded: false };

	it.each([
		['an unknown field', { ...good, extra: 1 }],
		['a missing field', { conversationId: 'c', ended: true }],
		['another type', { ...good, ended: 'yes' }],
		['an error beside other fields', { ...good, error: 'no' }],
	])('refuses %s', (_what, json) => {
		expect(check(good)).not.toThrow();
		expect(check(json)).toThrow("The output isn't as __schema__ says, conversation/end");
	});

	it('lets a failed item through, whatever the operation', () => {
		expect(check({ error: 'no', message: 'no', details: {} }, SEND)).not.toThrow();
	});
});
