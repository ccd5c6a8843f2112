import { parseArgs } from 'node:util';
import { oddAnswersOf, oddForms } from './odd-answers.mts';
import { defaultSettings, hardSettings, readings } from './options.mts';
import { seededFaults } from './seeded-faults.mts';
import { startSimulator, type SimulatorOptions } from './simulator.mts';

const usage = `Talkdesk simulator.

  tsx test/simulator/cli.mts [--port 4010] [--webhook <base path>] [--api-key <key>]
                              [--fault-rate 0.1] [--fault-seed 1] [--hard] [--odd send=createdAtNull]
                              [--started join] [--echo CONTACT_PERSON]

  --port        where to listen on 127.0.0.1 (4010; 0 for any free port)
  --webhook     base path of the trigger's webhook URL in n8n, without /message_created and the like
  --api-key     key to send to it in X-Api-Key
  --fault-rate  share of requests that fail, 0 to 1 (0)
  --fault-seed  whole number; the same one gives the same faults (1)
  --hard        the stricter alternative of everything that the contract leaves open
  --odd         an odd form of responses; may be given again. One of these:
${Object.entries(oddForms)
	.map(([what, forms]) => `                ${what}=${Object.keys(forms).join('|')}`)
	.join('\n')}
  --started     when conversation_started is called: start, join, agentInitiated or never (join)
  --echo        the customer's own messages come back, with this type of author; may be given again
`;

function readArguments(): SimulatorOptions {
	const { values } = parseArgs({
		options: {
			port: { type: 'string', default: '4010' },
			webhook: { type: 'string' },
			'api-key': { type: 'string' },
			'fault-rate': { type: 'string' },
			'fault-seed': { type: 'string' },
			hard: { type: 'boolean', default: false },
			odd: { type: 'string', multiple: true, default: [] },
			started: { type: 'string' },
			echo: { type: 'string', multiple: true, default: [] },
			help: { type: 'boolean', short: 'h', default: false },
		},
	});
	if (values.help) {
		console.log(usage);
		process.exit(0);
	}
	const { port, webhook, 'api-key': key } = values;
	if (!/^\d{1,5}$/.test(port)) throw new TypeError('--port must be a number');
	if (key !== undefined && webhook === undefined) {
		throw new TypeError('--api-key needs --webhook');
	}
	const odd = values.odd.map((text): [string, string] => {
		const [what = '', name = ''] = text.split('=');
		return [what, name];
	});
	const common = {
		...(values.hard ? hardSettings : {}),
		port: Number(port),
		answers: oddAnswersOf(odd),
		conversationStarted: readStarted(values.started),
		echoAuthors: values.echo.map((type) => ({ type })),
		faults: readFaults(values['fault-rate'], values['fault-seed']),
	};
	const [touchpoint] = defaultSettings.touchpoints;
	if (webhook === undefined || !touchpoint) return common;
	const authentication =
		key === undefined ? { type: 'none' as const } : { type: 'apiKey' as const, key };
	const integration = { basePath: webhook, authentication };
	return { ...common, touchpoints: [{ id: touchpoint.id, integration }] };
}

function readStarted(text: string | undefined) {
	const { options } = readings.shape.conversationStarted;
	const found = options.find((option) => option === text);
	if (found === text) return found;
	throw new TypeError(`--started must be one of ${options.join(', ')}`);
}

function readFaults(rate: string | undefined, seed: string | undefined) {
	if (rate === undefined) {
		if (seed !== undefined) throw new TypeError('--fault-seed needs --fault-rate');
		return undefined;
	}
	// Number('') is 0, which an empty text doesn't mean.
	return seededFaults({ rate: Number(rate || NaN), seed: Number(seed ?? 1) });
}

async function main() {
	const talkdesk = await startSimulator({
		...readArguments(),
		onLog: (entry) => console.log(talkdesk.format(entry)),
	});
	const [client] = defaultSettings.clients;
	const [touchpoint] = defaultSettings.touchpoints;
	console.log(`The Talkdesk simulator is at ${talkdesk.url}. Enter in the credential in n8n:

  Region         Custom
  Token URL      ${talkdesk.tokenUrl}
  API base URL   ${talkdesk.apiBaseUrl}
  Client ID      ${client?.id ?? ''}
  Client secret  ${client?.secret ?? ''}
  Touchpoint ID  ${touchpoint?.id ?? ''}

The agent's desk: ${talkdesk.deskUrl}
Its HTTP API: ${talkdesk.agentApiUrl}/conversations
Files are kept at ${talkdesk.storageUrl}, for as long as this runs.
Ctrl-C ends it.
`);

	const end = () => void talkdesk.close();
	process.once('SIGINT', end);
	process.once('SIGTERM', end);
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
