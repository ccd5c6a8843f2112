import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';

import { parseSettings, type TalkdeskSettings } from '../../../nodes/Talkdesk/api/settings';
import { parseJson } from '../../../nodes/Talkdesk/text/json';

export const USAGE = `npm run contract [-- options]

Finds out which undocumented assumptions of this package hold for your Talkdesk account. It starts two conversations on
a test touchpoint (four with --listen), sends messages and a small file, and ends and deletes all of it again.

The credential is taken from the environment:
  TALKDESK_REGION         us, eu, ca, or custom; default us
  TALKDESK_ACCOUNT        acme, or https://acme.mytalkdesk.com
  TALKDESK_CLIENT_ID      of an OAuth client with all scopes of Digital Connect and attachments
  TALKDESK_CLIENT_SECRET  or TALKDESK_KEY_ID and TALKDESK_PRIVATE_KEY
  TALKDESK_TOUCHPOINT_ID  of a touchpoint for tests
  TALKDESK_TOKEN_URL, TALKDESK_API_BASE_URL   with the region custom

or from a file:
  --credentials <file>  JSON with region, accountName, clientId, clientSecret, touchpointId; tokenUrl, apiBaseUrl;
                        or clientAuthentication: privateKey, keyId, privateKey in place of the secret

  --email <address>     the customer of the conversations (contract-check@example.com)
  --output <file>       where to write the report: .md or .json (talkdesk-contract.md)
  --listen <URL>        take the calls for n8n, too: the public URL of this program, as a base path in Talkdesk
  --port <port>         where to listen for them (4020)
  --host <address>      the address to listen on (127.0.0.1; 0.0.0.0 for all)
  --step <seconds>      how long to wait for each step at the desk (300)
  --settle <seconds>    how long to wait for more calls after a step (5)

The report has names and types only: no texts, no IDs, no secrets. Exits with 0 if everything held or is unclear, 1 if
something did not hold, 2 if the check could not run.`;

const FROM_ENVIRONMENT = {
	region: 'TALKDESK_REGION',
	accountName: 'TALKDESK_ACCOUNT',
	tokenUrl: 'TALKDESK_TOKEN_URL',
	apiBaseUrl: 'TALKDESK_API_BASE_URL',
	clientId: 'TALKDESK_CLIENT_ID',
	clientSecret: 'TALKDESK_CLIENT_SECRET',
	keyId: 'TALKDESK_KEY_ID',
	privateKey: 'TALKDESK_PRIVATE_KEY',
	touchpointId: 'TALKDESK_TOUCHPOINT_ID',
};

const seconds = z.coerce.number().nonnegative();

const schema = z.object({
	help: z.boolean(),
	credentials: z.string().optional(),
	email: z.string().includes('@'),
	output: z.string().regex(/\.(md|json)$/, 'must end in .md or .json'),
	listen: z.string().url().optional(),
	port: z.coerce.number().int().min(0).max(65_535),
	host: z.string(),
	step: seconds,
	settle: seconds,
});
export type ContractOptions = z.output<typeof schema>;

/** An option or the credential is not usable; the message says which. */
export class UsageError extends Error {}

/**
 * Parses the command line.
 *
 * @throws UsageError
 */
export function parseOptions(args: string[]): ContractOptions {
	try {
		const { values } = parseArgs({
			args,
			options: {
				help: { type: 'boolean', short: 'h', default: false },
				credentials: { type: 'string' },
				email: { type: 'string', default: 'contract-check@example.com' },
				output: { type: 'string', default: 'talkdesk-contract.md' },
				listen: { type: 'string' },
				port: { type: 'string', default: '4020' },
				host: { type: 'string', default: '127.0.0.1' },
				step: { type: 'string', default: '300' },
				settle: { type: 'string', default: '5' },
			},
		});
		return schema.parse(values);
	} catch (error) {
		if (!(error instanceof z.ZodError)) throw new UsageError(messageOf(error));
		const [issue] = error.issues;
		throw new UsageError(`--${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
	}
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function readCredential(file: string | undefined, environment: NodeJS.ProcessEnv): unknown {
	if (file === undefined) {
		const fields = Object.entries(FROM_ENVIRONMENT).map(([field, name]) => [
			field,
			environment[name],
		]);
		const clientAuthentication = environment[FROM_ENVIRONMENT.privateKey] ? 'privateKey' : 'secret';
		return { ...Object.fromEntries(fields), clientAuthentication };
	}
	let text: string;
	try {
		text = fs.readFileSync(file, 'utf8');
	} catch (error) {
		throw new UsageError(messageOf(error));
	}
	const credential = parseJson(text);
	// The text may hold the secret, so it is not in the message.
	if (credential === undefined) throw new UsageError(`${file} is not JSON`);
	return credential;
}

/**
 * The settings of the credential, from a file or the environment.
 *
 * @throws UsageError
 */
export function readSettings(
	file: string | undefined,
	environment: NodeJS.ProcessEnv,
): { settings: TalkdeskSettings; region: string } {
	const credential = readCredential(file, environment);
	const result = parseSettings(credential);
	if (!result.ok) throw new UsageError(result.problem);
	if (!result.settings.touchpointId) throw new UsageError('There is no touchpoint ID.');
	const { hostname } = new URL(result.settings.apiBaseUrl);
	const region = /^api\.talkdeskapp[a-z]*\.[a-z.]+$/.test(hostname) ? hostname : 'custom';
	return { settings: result.settings, region };
}
