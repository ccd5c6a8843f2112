import { parseArgs } from 'node:util';
import colors from 'picocolors';

import { editorPort } from '../n8n/service.mts';
import { playConversation, type Say } from './conversation.mts';
import { startEnvironment, type Environment } from './environment.mts';
import { interruption } from '../process/signals.mts';

const USAGE = `npm start [-- options]

Starts a real n8n with this package and its example, and the Talkdesk simulator; plays a conversation; then runs until Ctrl-C,
with two web pages on which you play the customer and the human agent.

  --once                 end after the conversation
  --n8n-port <port>      of the editor, 5678 by default if it is free (with --once: a free one)
  --talkdesk-port <port> of the Talkdesk simulator, a free one by default`;

const print = (line = '') => process.stdout.write(`${line}\n`);
const styles = {
	customer: ['cyan', 'Ann  '],
	bot: ['magenta', 'Bot  '],
	agent: ['green', 'Zoe  '],
	note: ['gray', '     '],
} as const;

const say: Say = (speaker, text) => {
	const [color, label] = styles[speaker];
	print(`  ${colors[color](`${label} ${text}`)}`);
};

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: {
			once: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
			'n8n-port': { type: 'string' },
			'talkdesk-port': { type: 'string' },
		},
	});
	if (values.help) {
		print(USAGE);
		return 0;
	}
	const port = (text: string | undefined) => (text === undefined ? undefined : Number(text));

	const interrupted = interruption();

	let environment: Environment | undefined;
	try {
		const building = startEnvironment({
			n8nPort: port(values['n8n-port']) ?? (values.once ? undefined : await editorPort()),
			talkdesk: { port: port(values['talkdesk-port']) },
			onProgress: (line) => print(colors.gray(line)),
		});
		const built = await Promise.race([building, interrupted]);
		if (built === 'interrupted') return 130;
		environment = built;

		print(`\n${colors.bold('A customer, a bot, and a human in Talkdesk')}\n`);
		const played = await Promise.race([playConversation(environment, say), interrupted]);
		if (played === 'interrupted') return 130;
		print(`\n${colors.green('The conversation went from the bot to a human and back.')}`);

		if (values.once) return 0;
		printAddresses(environment);
		await interrupted;
		print('\nStopping …');
		return 0;
	} catch (error) {
		print(`\n${colors.red(error instanceof Error ? error.message : String(error))}`);
		if (environment) {
			print('\nThe requests to and from the Talkdesk simulator:');
			for (const entry of environment.talkdesk.log.slice(-15))
				print(`  ${environment.talkdesk.format(entry)}`);
			print("\nThe last lines of n8n's log:");
			print(environment.n8n.log().trimEnd().split('\n').slice(-15).join('\n'));
		}
		return 1;
	} finally {
		await environment?.stop();
	}
}

function printAddresses({ n8n, talkdesk, chat, workflowId }: Environment) {
	print(`
${colors.bold('Your turn')}: be the customer in one window, and the human agent in another.

  The customer     ${colors.cyan(chat.url)}
                   a small shop; its chat speaks to the bot, and to you
  The human        ${colors.green(talkdesk.deskUrl)}
                   the agent desk of the Talkdesk simulator
  n8n's editor     ${n8n.url}/workflow/${workflowId}
                   log in with ${n8n.owner.email} and the password ${n8n.owner.password}

  By hand          POST ${chat.webhookUrl} with { "sessionId", "text", "email", "name" }
                   ${talkdesk.agentApiUrl}/conversations

Ctrl-C ends everything. The requests to and from the Talkdesk simulator from now on:
`);
	talkdesk.configure({ onLog: (entry) => print(`  ${talkdesk.format(entry)}`) });
}

// If it is interrupted while it starts, everything that was started ends with this process.
process.exit(await main());
