import { parseArgs } from 'node:util';
import { z } from 'zod';

export const USAGE = `npm run soak [-- options]

The example "Live chat hand-off" under load: many customers, bots and agents at once, faults in both directions, restarts.

  --queue                n8n in queue mode: PostgreSQL, Redis, webhook process, two workers
  --conversations <n>    200 by default
  --messages <n>         in each direction and conversation, 20 by default
  --at-once <n>          concurrent conversations, 25 by default
  --rate <share>         of all requests that fail, and of all webhook calls that are duplicated or late; 0.1 by default
  --seed <n>             1 by default
  --apart <ms>           between two messages of a burst, 100 by default. n8n starts executions in another order if their
                         calls are only some tens of milliseconds apart, before any node runs
  --keys <per>           conversation or account (default): the scope of Talkdesk's idempotency keys of messages
  --after-end <answer>   answered (default) or ended: the response to a known key after the end of its conversation. With
                         ended it is unknown whether the message had arrived
  --no-chaos             doesn't restart n8n, or kill its worker, in the middle
  --log <file>           for n8n's log, written at the end

Customers talk to the bot, ask for a human, and send up to five messages without waiting for responses. If a conversation ends
early, they ask for a human again. Their channel numbers messages from 1 in every chat, and repeats a call that has failed with
the same number. Agents join as soon as Talkdesk has the conversation. At the end all failed executions are retried.
Exits with 1 if a message was lost, duplicated or unexpected, in either direction; if a message was read in the chat of another
customer; if one was out of order at the agent (not with --queue: workers don't share an order); or if n8n's log has a secret.
Messages that a retry sends again to a customer are n8n's own, and only counted.`;

const count = z.coerce.number().int().positive();

const schema = z.object({
	queue: z.boolean(),
	conversations: count,
	messages: count,
	'at-once': count,
	rate: z.coerce.number().min(0).max(1),
	seed: z.coerce.number().int(),
	apart: z.coerce.number().nonnegative(),
	keys: z.enum(['conversation', 'account']),
	'after-end': z.enum(['answered', 'ended']),
	'no-chaos': z.boolean(),
	log: z.string().optional(),
	help: z.boolean(),
});

/** Parses the command line. @throws for an unknown option or an invalid value */
export function parseOptions() {
	const { values } = parseArgs({
		options: {
			queue: { type: 'boolean', default: false },
			conversations: { type: 'string', default: '200' },
			messages: { type: 'string', default: '20' },
			'at-once': { type: 'string', default: '25' },
			rate: { type: 'string', default: '0.1' },
			seed: { type: 'string', default: '1' },
			apart: { type: 'string', default: '100' },
			keys: { type: 'string', default: 'account' },
			'after-end': { type: 'string', default: 'answered' },
			'no-chaos': { type: 'boolean', default: false },
			log: { type: 'string' },
			help: { type: 'boolean', default: false },
		},
	});
	return schema.parse(values);
}

export type SoakOptions = ReturnType<typeof parseOptions>;
