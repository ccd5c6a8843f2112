/** Part of everything personal, so that a search of n8n's log finds it. */
export const CANARY = 'canary';

export const emailOf = (name: string) => `${name}@${CANARY}.example.com`;

/** The name of the customer with this e-mail address. */
const nameIn = (email: string) => email.split('@')[0] ?? '';

/** What is said in a customer's chat: every line carries the customer's name. None but `wish` asks the bot for a human. */
export const linesOf = (email: string) => {
	const start = `${CANARY} ${nameIn(email)}`;
	return {
		/** The customer, to the bot. */
		chat: (number: number) => `${start} greets the bot, ${number}`,
		/** The customer, to the bot: over to a human. */
		wish: (number: number) => `${start} would like a human, ${number}`,
		/** The customer, to the human. */
		question: (number: number) => `${start} asks ${number}`,
		/** The human, with the first words. */
		greeting: (number: number) => `${start} is greeted, ${number}`,
		/** The human. */
		answer: (number: number) => `${start} hears ${number}`,
	};
};

/** Whether a line was said in the chat of another customer. */
export function isOfAnother(email: string, line: string): boolean {
	const names = [...line.matchAll(new RegExp(`${CANARY} (\\w+)`, 'g'))].map(([, name]) => name);
	return names.some((name) => name !== nameIn(email));
}
