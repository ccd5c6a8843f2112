import fs from 'node:fs';
import path from 'node:path';

/** The inherited environment variables. Settings of n8n (N8N_…, DB_…) in a developer's shell are not inherited. */
const INHERITED = ['PATH', 'SystemRoot', 'WINDIR', 'COMSPEC', 'PATHEXT', 'LANG', 'LC_ALL'];

export interface EnvironmentOptions {
	userFolder: string;
	nodePath: string;
	port: number;
	/** n8n's task runners, which run Code nodes, connect to this port. */
	brokerPort: number;
	/** Overrides all others. */
	extra?: NodeJS.ProcessEnv;
}

/**
 * Gives n8n's environment variables: everything in one folder, on this machine only, and without calls to
 * n8n's servers.
 */
export function n8nEnvironment(options: EnvironmentOptions): NodeJS.ProcessEnv {
	const { userFolder, nodePath, port, brokerPort, extra } = options;
	const temporary = path.join(userFolder, 'tmp');
	fs.mkdirSync(temporary, { recursive: true });

	const env: NodeJS.ProcessEnv = {};
	for (const name of INHERITED) env[name] = process.env[name];
	// n8n starts its task runners with the first `node` in the path, which may be another version.
	env.PATH = [path.dirname(nodePath), process.env.PATH].join(path.delimiter);

	return {
		...env,
		HOME: userFolder,
		USERPROFILE: userFolder,
		// n8n keeps uploads to Data Tables in the system's temporary folder.
		TMPDIR: temporary,
		TEMP: temporary,
		TMP: temporary,

		N8N_USER_FOLDER: userFolder,
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
		N8N_PORT: String(port),
		N8N_WEBHOOK_URL: `http://127.0.0.1:${port}/`,
		N8N_EDITOR_BASE_URL: `http://127.0.0.1:${port}/`,
		N8N_RUNNERS_BROKER_PORT: String(brokerPort),
		N8N_SECURE_COOKIE: 'false',
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		N8N_GRACEFUL_SHUTDOWN_TIMEOUT: '4',
		N8N_LOG_LEVEL: 'info',
		NO_COLOR: '1',
		TZ: 'UTC',
		GENERIC_TIMEZONE: 'UTC',

		// Nothing that calls n8n's servers.
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',

		// Nothing that stands in the way of a person who looks around.
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		...extra,
	};
}
