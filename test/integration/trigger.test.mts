import type { INodeParameters, WorkflowExecuteMode } from 'n8n-workflow';

import { parseValidEvent } from '../support/events.mts';
import { runNode } from './runNode.mts';

const events = ['message_created', 'conversation_ended', 'conversation_started'].map((event) => ({
	event,
	conversationId: 'c1',
}));

const run = async (chosen: string[]) =>
	await runNode('talkdeskTrigger', {
		credential: {},
		parameters: { events: chosen },
		items: events,
	});

it('has an output for each chosen event, in the order of the events', async () => {
	const { outputs } = await run(['conversation_ended', 'conversation_started', 'message_created']);
	expect(outputs.map((items) => items?.map(({ json }) => json.event))).toEqual([
		['conversation_started'],
		['message_created'],
		['conversation_ended'],
	]);
	expect(outputs.map((items) => items?.[0]?.pairedItem)).toEqual([
		{ item: 2 },
		{ item: 0 },
		{ item: 1 },
	]);
});

it('has no output for an event that is not chosen', async () => {
	const { outputs } = await run(['conversation_ended']);
	expect(outputs.map((items) => items?.map(({ json }) => json.event))).toEqual([
		['conversation_ended'],
	]);
});

describe('an event that comes again', () => {
	let conversations = 0;
	let executions = 0;
	/** An event as webhook() gives it, of a new conversation. */
	const message = (change: object = {}) => {
		const conversationId = `duplicates-${++conversations}`;
		const raw = {
			conversation_id: conversationId,
			timestamp: '2026-01-02T03:04:05.000Z',
			payload: { content: 'Yes', author: { type: 'AGENT', name: 'Zoe' } },
			...change,
		};
		return { ...parseValidEvent('message_created', raw) };
	};

	const texts = async (
		items: Array<ReturnType<typeof message>>,
		more: { options?: INodeParameters; mode?: WorkflowExecuteMode; id?: string } = {},
	) => {
		const { outputs, error } = await runNode('talkdeskTrigger', {
			credential: {},
			parameters: { events: ['message_created'], options: more.options ?? {} },
			items,
			executionId: `execution ${++executions}`,
			...(more.id && { node: { id: more.id } }),
			...(more.mode && { mode: more.mode }),
		});
		expect(error).toBeUndefined();
		return outputs.flatMap((output) => output?.map(({ json }) => json.conversationId) ?? []);
	};

	it('is dropped, and the execution succeeds without items', async () => {
		const first = message();
		expect(await texts([first])).toEqual([first.conversationId]);
		expect(await texts([first])).toEqual([]);
		expect(await texts([{ ...first, timestamp: '2030-01-01T00:00:00.000Z' }])).toEqual([]);
	});

	it('is dropped among new ones, and in concurrent executions', async () => {
		const [known, fresh, other] = [message(), message(), message()];
		await texts([known]);
		expect(await texts([known, fresh, fresh])).toEqual([fresh.conversationId]);
		const results = await Promise.all(Array.from({ length: 20 }, () => texts([other])));
		expect(results.flat()).toEqual([other.conversationId]);
	});

	it('counts as new if it has no key', async () => {
		const one = message({ timestamp: undefined });
		expect(await texts([one, one])).toHaveLength(2);
		expect(await texts([one])).toHaveLength(1);
	});

	it('counts as new for another trigger', async () => {
		const one = message();
		await texts([one]);
		expect(await texts([one], { id: 'node-2' })).toHaveLength(1);
		const [first, second] = [message(), message()];
		const ids = ['node-3', 'node-4', 'node-3', 'node-4'];
		await Promise.all(ids.map(async (id) => await texts([first, second], { id })));
		for (const id of ids) expect(await texts([first, second], { id })).toEqual([]);
	});

	it('passes if the option is off, and is not recorded', async () => {
		const one = message();
		const options = { ignoreDuplicates: false };
		expect(await texts([one], { options })).toHaveLength(1);
		expect(await texts([one], { options })).toHaveLength(1);
		expect(await texts([one])).toHaveLength(1);
	});

	it('passes in a test in the editor, and is not recorded', async () => {
		const one = message();
		expect(await texts([one], { mode: 'manual' })).toHaveLength(1);
		expect(await texts([one], { mode: 'manual' })).toHaveLength(1);
		expect(await texts([one])).toHaveLength(1);
	});

	it('passes when a failed execution is repeated, and is recorded', async () => {
		const one = message();
		await texts([one]);
		expect(await texts([one], { mode: 'retry' })).toHaveLength(1);
		expect(await texts([one])).toEqual([]);
		const crashed = message();
		expect(await texts([crashed], { mode: 'retry' })).toHaveLength(1);
		expect(await texts([crashed])).toEqual([]);
	});
});

describe('options of a wrong type', () => {
	const message = {
		event: 'message_created',
		conversationId: 'c1',
		text: 'Hello',
		attachments: [{ id: 'a1', name: 'x.pdf' }],
		raw: {},
	};
	const withOptions = async (options: INodeParameters) =>
		await runNode('talkdeskTrigger', {
			credential: {},
			parameters: { events: ['conversation_started', 'message_created'], options },
			items: [message],
			node: { onError: 'continueRegularOutput' },
			mode: 'manual',
		});

	it.each([
		['allowedMimeTypes', { type: 'image/png' }, 'Allowed MIME Types'],
		['allowedMimeTypes', [{}], 'Allowed MIME Types'],
		['maxFileSize', 'much', 'Maximum File Size'],
		['maxFileSize', -1, 'Maximum File Size'],
		['maxFileSize', {}, 'Maximum File Size'],
		['checkSignature', 'perhaps', 'Check File Signature'],
	])(
		'%s %j: passes the message on without its files, with the reason',
		async (name, value, label) => {
			const { outputs, error, everything } = await withOptions({
				downloadAttachments: true,
				[name]: value,
			});
			expect(error).toBeUndefined();
			expect(outputs[0]).toEqual([]);
			expect(outputs[1]?.[0]?.json).toEqual({
				...message,
				attachments: [{ id: 'a1', name: 'x.pdf', error: expect.stringContaining(label) }],
			});
			expect(everything).toContain(`The option '${label}' must be `);
		},
	);

	it.each(['downloadAttachments', 'ignoreDuplicates', 'onlyAgentMessages'])(
		'%s counts as not set, with a hint in the execution',
		async (name) => {
			const { outputs, error, everything } = await withOptions({ [name]: 7 });
			expect([error, outputs[1]?.[0]?.json]).toEqual([undefined, message]);
			expect(everything).toContain('must be true or false');
		},
	);

	it.each([null, '', ' '])('%j counts as not set, without a hint', async (value) => {
		const names = ['ignoreDuplicates', 'allowedMimeTypes', 'maxFileSize', 'checkSignature'];
		const options: INodeParameters = { downloadAttachments: true };
		// n8n's type has no null, which an expression may give all the same.
		for (const name of names) Reflect.set(options, name, value);
		const { outputs, error, everything } = await withOptions(options);
		expect(error).toBeUndefined();
		expect(outputs[1]?.[0]?.json.text).toBe('Hello');
		expect(everything).not.toContain('wrong value');
	});

	it('an option that cannot be evaluated does not lose the message', async () => {
		const { outputs, error, everything } = await withOptions({
			downloadAttachments: '={{ $json.nothing. }}',
		});
		expect(error).toBeUndefined();
		expect([outputs[0], outputs[1]?.[0]?.json]).toEqual([[], message]);
		expect(everything).toContain('The options cannot be read');
	});

	it('a text is a valid switch', async () => {
		const { outputs } = await withOptions({ downloadAttachments: 'true' });
		// The credential is empty: the download fails, and the message is passed on.
		expect(outputs[1]?.[0]?.json).toMatchObject({
			text: 'Hello',
			attachments: [{ id: 'a1', error: expect.any(String) }],
		});
	});
});
