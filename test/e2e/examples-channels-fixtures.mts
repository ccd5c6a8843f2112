import type { Person } from '../tools/demo/channels/stand-in.mts';
import { startChannelsEnvironment, type ChannelsEnvironment } from './examples-channels.mts';

/** The environment of the channel examples, started once for the tests of the importing file. */
export let environment: ChannelsEnvironment;

beforeAll(async () => {
	environment = await startChannelsEnvironment();
}, 300_000);
afterAll(async () => await environment?.stop(), 30_000);

/** Hands a person over to a human. @returns the id of the conversation */
export async function handOver(example: string, key: string, person: Person): Promise<string> {
	await person.says('A human, please');
	await person.reads(({ text }) => text.startsWith('I am connecting you'), 'the hand-off');
	const email = `${key}-${person.id}@customers.example.com`;
	return await environment.conversationIn(example, (start) => start.contact_person.email === email);
}

/** Waits until a text of the customer has arrived in a conversation. */
export const arrives = async (conversationId: string, text: string) =>
	await environment.talkdesk.waitFor(() => environment.saidIn(conversationId).includes(text), {
		what: `"${text}" in Talkdesk`,
		timeoutMs: 20_000,
	});
