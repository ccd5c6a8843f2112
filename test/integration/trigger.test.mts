import { runNode } from './engine.mts';

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
