import {
	startSimulator,
	type Answered,
	type OddAnswer,
	type SimulatorOptions,
	type TalkdeskSimulator,
} from '../../simulator/simulator.mts';
import type { TalkdeskSettings } from '../../../nodes/Talkdesk/api/settings';
import { toFile, toTerminal } from './report.mts';
import type { AssumptionId } from './assumptions.mts';
import { runCheck, type CheckOptions, type CheckResult } from './run.mts';

/** Texts that the simulator sends or takes, and that no output may have. */
export const CANARIES = {
	id: 'canary-client',
	secret: 'canary-secret-4711',
	touchpoint: 'canary-touchpoint',
	email: 'canary@example.com',
};

type OddAnswers = (answered: Answered) => OddAnswer | undefined;

/** A simulator for which every assumption holds, with changes. */
export async function startContractSimulator(options: SimulatorOptions = {}) {
	const secrets = new Set(Object.values(CANARIES));
	const { answers } = options;
	const talkdesk = await startSimulator({
		tokenForm: 'jwt',
		clients: [
			{
				...{ id: CANARIES.id, secret: CANARIES.secret },
				scopes: [
					'digital-connect:write',
					'attachments:request',
					'attachments:write',
					'attachments:read',
					'attachments:download',
				],
			},
		],
		touchpoints: [{ id: CANARIES.touchpoint }],
		...options,
		answers(answered) {
			for (const secret of secretsIn(answered.body)) secrets.add(secret);
			return answers?.(answered);
		},
	});
	return { talkdesk, secrets };
}

/** Tokens and signatures in a response. */
function secretsIn(body: unknown): string[] {
	const text = JSON.stringify(body) ?? '';
	const tokens = [...text.matchAll(/"access_token":"([^"]+)"/g)].map(([, token = '']) => token);
	const signatures = [...text.matchAll(/Signature=([^"&\\]+)/g)].map(([, value = '']) => value);
	return [...tokens, ...signatures];
}

export const settingsFor = ({ tokenUrl, apiBaseUrl }: TalkdeskSimulator): TalkdeskSettings => ({
	...{ tokenUrl, apiBaseUrl, accessToken: '' },
	...{ clientId: CANARIES.id, touchpointId: CANARIES.touchpoint },
	authentication: { type: 'secret', clientSecret: CANARIES.secret },
});

/** Runs the check, and gives everything that it would show. */
export async function check(talkdesk: TalkdeskSimulator, options: Partial<CheckOptions> = {}) {
	const result = await runCheck({
		...{ settings: settingsFor(talkdesk), email: CANARIES.email },
		...{ signal: new AbortController().signal, progress: () => undefined },
		...options,
	});
	const head = { version: '1.0.0', region: 'custom', date: '2024-01-01' };
	const files = [toFile(result, head, 'markdown'), toFile(result, head, 'json')];
	return { result, shown: [toTerminal(result), ...files].join('\n') };
}

/** The assumptions with a verdict. */
export const idsOf = ({ findings }: CheckResult, wanted: string): AssumptionId[] =>
	findings.filter(({ verdict }) => verdict === wanted).map(({ id }) => id);

/** What the check has left in the simulator. */
export const leftIn = (talkdesk: TalkdeskSimulator) => [
	...talkdesk.conversations().filter(({ state }) => state === 'open'),
	...talkdesk.attachments().filter(({ createdBy }) => createdBy === 'api'),
];

const routes = {
	token: /^POST \/id\//,
	start: /^POST .*\/conversations$/,
	send: /^POST .*\/messages$/,
	end: /^DELETE .*\/conversations\/:id$/,
	attach: /^POST .*\/2023-03\/?$/,
	list: /^GET .*\/2023-03\/?$/,
	attachment: /^GET .*\/2023-03\/:id$/,
	link: /download-link$/,
	remove: /^DELETE .*\/2023-03\/:id$/,
};

/** Changes the answers of one status, or one kind of request. */
export const changed =
	(
		what: keyof typeof routes,
		isChanged: (answered: Answered) => boolean,
		change: OddAnswer | ((answered: Answered) => OddAnswer),
	): OddAnswers =>
	(answered) => {
		if (!routes[what].test(answered.route) || !isChanged(answered)) return undefined;
		return typeof change === 'function' ? change(answered) : change;
	};
