import { parseArgs } from 'node:util';
import { defaultSettings } from './options.mts';
import { startTalkdesk, type TalkdeskOptions } from './talkdesk.mts';

const usage = `A Talkdesk on your machine.

  tsx test/sandbox/cli.mts [--port 4010] [--webhook <base path>] [--api-key <key>]

  --port      where to listen on 127.0.0.1 (4010; 0 for any free port)
  --webhook   base path of the trigger's webhook URL in n8n, without /message_created and the like
  --api-key   key to send to it in X-Api-Key
`;

function readArguments(): TalkdeskOptions {
	const { values } = parseArgs({
		options: {
			port: { type: 'string', default: '4010' },
			webhook: { type: 'string' },
			'api-key': { type: 'string' },
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
	const [touchpoint] = defaultSettings.touchpoints;
	if (webhook === undefined || !touchpoint) return { port: Number(port) };
	const authentication =
		key === undefined ? { type: 'none' as const } : { type: 'apiKey' as const, key };
	const integration = { basePath: webhook, authentication };
	return { port: Number(port), touchpoints: [{ id: touchpoint.id, integration }] };
}

async function main() {
	const talkdesk = await startTalkdesk({
		...readArguments(),
		onLog: (entry) => console.log(talkdesk.format(entry)),
	});
	const [client] = defaultSettings.clients;
	const [touchpoint] = defaultSettings.touchpoints;
	console.log(`Talkdesk is at ${talkdesk.url}. Enter in the credential in n8n:

  Region         Custom
  Token URL      ${talkdesk.tokenUrl}
  API base URL   ${talkdesk.apiBaseUrl}
  Client ID      ${client?.id ?? ''}
  Client secret  ${client?.secret ?? ''}
  Touchpoint ID  ${touchpoint?.id ?? ''}

The agent's side: ${talkdesk.agentApiUrl}/conversations
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
