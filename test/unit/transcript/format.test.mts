import fc from 'fast-check';

import {
	takeLast,
	toPreviousMessages,
	toTextChunks,
} from '../../../nodes/Talkdesk/transcript/format';
import type { TranscriptMessage } from '../../../nodes/Talkdesk/transcript/recognize';

const now = Date.parse('2026-01-02T03:04:05.000Z');
const message = (content: string, time?: number): TranscriptMessage => ({
	type: 'user',
	content,
	time,
});
const timesOf = (messages: TranscriptMessage[]) =>
	toPreviousMessages(messages, now).map(({ created_at }) => Date.parse(created_at) - now);

describe('times', () => {
	it('that are unknown are a second apart, and the last one is now', () => {
		expect(timesOf([message('a'), message('b'), message('c')])).toEqual([-2000, -1000, 0]);
	});

	it('that are known are kept, and the others are interpolated', () => {
		const known = now - 60_000;
		expect(
			timesOf([
				message('a'),
				message('b', known),
				message('c'),
				message('d', known + 100),
				message('e'),
			]),
		).toEqual([-61_000, -60_000, -59_950, -59_900, 0]);
	});

	it('of a last message without one is now, but never before the message ahead of it', () => {
		expect(timesOf([message('a', now + 5000), message('b')])).toEqual([5000, 5000]);
	});

	it('that contradict the order are replaced', () => {
		const late = now - 1000;
		expect(timesOf([message('a', late), message('b', late - 5000), message('c', now)])).toEqual([
			-1000, -500, 0,
		]);
	});

	it('never decrease if the known ones do not', () => {
		const gaps = fc.array(fc.option(fc.nat(5000), { nil: undefined }), { maxLength: 40 });
		fc.assert(
			fc.property(gaps, (steps) => {
				let clock = now - 1_000_000;
				const messages = steps.map((step, index) => {
					if (step === undefined) return message(String(index));
					clock += step;
					return message(String(index), clock);
				});
				const prepared = toPreviousMessages(messages, now);
				const times = prepared.map(({ created_at }) => Date.parse(created_at));
				expect(times).toEqual([...times].sort((a, b) => a - b));
				expect(prepared.map(({ content }) => content)).toEqual(
					messages.map(({ content }) => content),
				);
			}),
		);
	});
});

it('takes the newest messages, and counts the others', () => {
	const messages = ['a', 'b', 'c'].map((content) => message(content));
	expect(takeLast(messages, 2)).toEqual({ messages: messages.slice(1), omitted: 1 });
	expect(takeLast(messages, 0)).toEqual({ messages, omitted: 0 });
	expect(takeLast(messages, 5)).toEqual({ messages, omitted: 0 });
});

describe('texts', () => {
	it('name speaker and time', () => {
		const messages: TranscriptMessage[] = [
			{ type: 'user', content: 'Hi', time: now },
			{ type: 'external', content: 'Hello' },
		];
		expect(toTextChunks(messages, 1000)).toEqual([
			'Customer (2026-01-02 03:04 UTC): Hi\nBot: Hello',
		]);
		expect(toTextChunks([], 1000)).toEqual([]);
	});

	it('are split between messages', () => {
		const texts = toTextChunks(
			Array.from({ length: 10 }, (_, index) => message(`${index}`.repeat(30))),
			100,
		);
		expect(texts).toHaveLength(5);
		for (const text of texts) expect(text).toMatch(/^Customer: (\d)\1{29}\nCustomer: (\d)\2{29}$/);
	});

	it('without a space are split, but never inside a character', () => {
		for (const limit of [100, 101]) {
			const texts = toTextChunks([message('😀'.repeat(200))], limit);
			expect(texts.length).toBeGreaterThan(3);
			for (const text of texts) expect(text.isWellFormed()).toBe(true);
		}
	});

	it('lose nothing, keep the limit, and split no character', () => {
		const contents = fc.array(
			fc.string({ unit: fc.constantFrom('a', ' ', '😀', 'ß', '\n'), minLength: 1, maxLength: 400 }),
			{ maxLength: 8 },
		);
		fc.assert(
			fc.property(contents, fc.integer({ min: 100, max: 300 }), (all, limit) => {
				const texts = toTextChunks(
					all.map((content) => message(content)),
					limit,
				);
				const squeeze = (text: string) => text.replace(/\s/g, '');
				expect(squeeze(texts.join(''))).toBe(
					squeeze(all.map((content) => `Customer:${content}`).join('')),
				);
				for (const text of texts) {
					expect(text.length).toBeLessThanOrEqual(limit);
					expect(text.isWellFormed()).toBe(true);
				}
			}),
		);
	});
});
