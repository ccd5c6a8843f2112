import { parseArgs } from 'node:util';
import { z } from 'zod';

export const USAGE = `npm run soak:chat [-- options]

The example "AI agent hand-off in n8n's chat" under load: many customers in n8n's own chat, over WebSockets, with humans who
answer, while requests to Talkdesk fail, and Talkdesk's calls come twice or late.

  --queue          n8n in queue mode: PostgreSQL, Redis, webhook process, two workers with 5 slots each
  --chats <n>      50 by default, all at once
  --messages <n>   in each direction and chat, 10 by default
  --pace <n>       1 by default: customers pause for 10 s at most, agents for 30 s; 2 takes twice as long
  --rate <share>   of all requests that fail, and of all webhook calls that are duplicated or late; 0.1 by default
  --seed <n>       1 by default
  --log <file>     for n8n's log, written at the end
  --records <file> for what was said and read in each chat, as JSON, written at the end

Customers type at random moments, but only while n8n's chat takes it, as its page does. Agents write at random moments, up to
three messages at once. n8n drops what reaches it while the execution runs: a customer who sees no ✓ before the human's next text
says it again. What n8n's executions hold was not dropped by n8n: it must arrive, once, or the customer must read that it didn't.
Exits with 1 if a message was lost, doubled, out of order, or read in another chat, in either direction, or said again although
the agent had read it.`;

const count = z.coerce.number().int().positive();

const schema = z.object({
	queue: z.boolean(),
	chats: count,
	messages: count,
	pace: z.coerce.number().positive(),
	rate: z.coerce.number().min(0).max(1),
	seed: z.coerce.number().int(),
	log: z.string().optional(),
	records: z.string().optional(),
	help: z.boolean(),
});

/** Parses the command line. @throws for an unknown option or an invalid value */
export function parseOptions() {
	const { values } = parseArgs({
		options: {
			queue: { type: 'boolean', default: false },
			chats: { type: 'string', default: '50' },
			messages: { type: 'string', default: '10' },
			pace: { type: 'string', default: '1' },
			rate: { type: 'string', default: '0.1' },
			seed: { type: 'string', default: '1' },
			log: { type: 'string' },
			records: { type: 'string' },
			help: { type: 'boolean', default: false },
		},
	});
	return schema.parse(values);
}
