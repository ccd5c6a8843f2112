import { ExecuteContext } from 'n8n-core';

import { run, START, started, talkdesk } from './fixtures.mts';

describe('the transcript', () => {
	const transcriptOf = () =>
		(talkdesk.conversations().at(-1)?.start.previous_messages ?? []).map(
			({ type, content }) => `${type}: ${content}`,
		);

	describe('with something in it that nobody understands', () => {
		const HI = { role: 'user', content: 'Hi' };
		const odd = { ...START, transcriptSource: 'json', transcript: [HI, { who: 'secret words' }] };

		it('reaches the agent without it, and the output, a hint and the log tell', async () => {
			const { logger }: ExecuteContext = Object.create(ExecuteContext.prototype);
			const warn = jest.spyOn(logger, 'warn');
			const { items, error, everything } = await run(odd);
			expect(error).toBeUndefined();
			expect(transcriptOf()).toEqual(['user: Hi']);
			expect(items[0]?.json).toMatchObject({
				transcriptMessages: 1,
				transcriptMessagesUnrecognized: 1,
			});
			const told = "Item 0: The 'Transcript' parameter contains a part in an unknown format";
			expect(everything).toContain(`"hints":[{"message":"${told} ({ who: text of 12 })`);
			expect(warn).toHaveBeenCalledWith(expect.stringContaining(told));
			expect(JSON.stringify(warn.mock.calls)).not.toContain('secret');
			warn.mockRestore();
		});

		it('is an error if the user wants one', async () => {
			const { error } = await run({ ...odd, options: { ifMessageUnrecognized: 'error' } });
			expect(error?.message).toBe(
				"The 'Transcript' parameter contains a part in an unknown format ({ who: text of 12 })",
			);
			expect(error?.description).toContain('Known formats are');
			expect(error).toMatchObject({ context: { itemIndex: 0 } });
			expect(talkdesk.counts().routes).toEqual({});
		});

		it.each([
			['={{ [{ role: "user", content: "Hi" }] }} ', 'The result of an expression became text'],
			['=[{ "role": "user", "content": "{{ \'He said "no"\' }}" }]', 'JSON.stringify'],
			['Just words.', 'plain text'],
		])('is handed over without it: %s', async (transcript, remedy) => {
			const parameters = { ...START, transcriptSource: 'json', transcript };
			const { items, error, everything } = await run(parameters);
			expect(error).toBeUndefined();
			expect(items[0]?.json).toMatchObject({
				transcriptMessages: 0,
				transcriptMessagesUnrecognized: 1,
			});
			expect(everything).toContain(remedy);
		});

		it('is not sent into a conversation if nothing else is there, and says why', async () => {
			const { error } = await run({
				resource: 'message',
				operation: 'sendTranscript',
				conversationId: await started(),
				transcriptSource: 'json',
				transcript: [{ who: 'me' }],
				options: {},
			});
			expect(error?.message).toBe('The transcript is empty');
			expect(error?.description).toContain('{ who: text of 2 }');
		});
	});

	describe('from a memory that can not be read', () => {
		const memory: unknown[] = Object.defineProperty([], 'map', {
			get: () => {
				throw new Error('the database is down');
			},
		});

		it('costs the transcript, not the human', async () => {
			const { items, error, everything } = await run(
				{ ...START, transcriptSource: 'memory' },
				{ memory },
			);
			expect(error).toBeUndefined();
			expect(talkdesk.counts().conversationsStarted).toBe(1);
			expect(items[0]?.json).toMatchObject({
				transcriptMessages: 0,
				transcriptMessagesUnrecognized: 1,
			});
			expect(everything).toContain('the database is down');
		});

		it('costs both if the user wants an error', async () => {
			const options = { ifMessageUnrecognized: 'error' };
			const { error } = await run({ ...START, transcriptSource: 'memory', options }, { memory });
			expect(error?.message).toBe('The connected memory cannot be read');
			expect(error?.description).toContain('the database is down');
			expect(talkdesk.counts().routes).toEqual({});
		});
	});
});
