import { ExecuteContext } from 'n8n-core';

import {
	run,
	sentTranscript,
	START,
	startConversation,
	talkdesk,
	transcriptTo,
} from './fixtures.mts';

describe('the transcript', () => {
	describe('with an unrecognized entry', () => {
		const HI = { role: 'user', content: 'Hi' };
		const odd = { ...START, transcriptSource: 'json', transcript: [HI, { who: 'secret words' }] };

		it('is sent without it, which the output, a hint and the log say', async () => {
			const { logger }: ExecuteContext = Object.create(ExecuteContext.prototype);
			const warn = jest.spyOn(logger, 'warn');
			const { items, error, everything } = await run(odd);
			expect(error).toBeUndefined();
			expect(sentTranscript()).toEqual(['user: Hi']);
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

		it('is an error if the option says so', async () => {
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
		])('is no obstacle to a start: %s', async (transcript, remedy) => {
			const parameters = { ...START, transcriptSource: 'json', transcript };
			const { items, error, everything } = await run(parameters);
			expect(error).toBeUndefined();
			expect(items[0]?.json).toMatchObject({
				transcriptMessages: 0,
				transcriptMessagesUnrecognized: 1,
			});
			expect(everything).toContain(remedy);
		});

		it('is not sent to a conversation if there is no other entry, with the reason', async () => {
			const { error } = await run(transcriptTo(await startConversation(), [{ who: 'me' }]));
			expect(error?.message).toBe('The transcript is empty');
			expect(error?.description).toContain('{ who: text of 2 }');
		});
	});

	describe('from an unreadable memory', () => {
		const memory: unknown[] = Object.defineProperty([], 'map', {
			get: () => {
				throw new Error('the database is down');
			},
		});

		it('is missing, but the conversation is started', async () => {
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

		it('is an error if the option says so, and no conversation is started', async () => {
			const options = { ifMessageUnrecognized: 'error' };
			const { error } = await run({ ...START, transcriptSource: 'memory', options }, { memory });
			expect(error?.message).toBe('The connected memory cannot be read');
			expect(error?.description).toContain('the database is down');
			expect(talkdesk.counts().routes).toEqual({});
		});
	});
});
