import type { LogEntry, TalkdeskSimulator } from '../../simulator/simulator.mts';
import { linesOf } from './lines.mts';

const STARTED = 'POST /api/digital-connect/conversations';

/** The human agents, who join each conversation as soon as Talkdesk has it, before n8n knows of it. */
export interface Desk {
	/** To be called with each request to Talkdesk. */
	onLog: (entry: LogEntry) => void;
	/**
	 * Writes to a customer, if an agent has joined the newest conversation. Resolves when n8n was called.
	 *
	 * @returns whether n8n has acknowledged it
	 */
	say(email: string, text: string): Promise<boolean>;
	/** Resolves when n8n was called with everything that was said in a customer's chat. */
	settled(email: string): Promise<void>;
}

/** @param talkdesk gives the simulator, which doesn't exist yet when its options need `onLog` */
export function createDesk(talkdesk: () => TalkdeskSimulator): Desk {
	const joined = new Set<string>();
	/** By the customer's e-mail address. */
	const newest = new Map<string, string>();
	const pending = new Map<string, Array<Promise<unknown>>>();
	/** A fault may have ended the conversation: then nothing is said. */
	const track = (email: string, work: Promise<unknown>) => {
		const all = pending.get(email) ?? [];
		pending.set(email, all);
		const done = work.catch(() => undefined);
		all.push(done);
		return done;
	};

	async function join(id: string, email: string) {
		const { agent } = talkdesk();
		const greeting = linesOf(email).greeting(joined.size);
		await Promise.all([agent.join(id, { name: 'Zoe' }), agent.say(id, greeting)]);
	}

	return {
		onLog({ direction, what, conversationId: id }) {
			if (direction !== 'in' || what !== STARTED || id === undefined || joined.has(id)) return;
			joined.add(id);
			const email = talkdesk().conversation(id)?.start.contact_person.email ?? '';
			newest.set(email, id);
			void track(email, join(id, email));
		},
		async say(email, text) {
			const said = talkdesk().agent.say(newest.get(email) ?? '', text);
			void track(email, said);
			return await said.then(
				({ ok }) => ok,
				() => false,
			);
		},
		async settled(email) {
			await Promise.all(pending.get(email) ?? []);
		},
	};
}
