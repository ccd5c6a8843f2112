import { z } from 'zod';
import type { Answered, OddAnswer } from './answers.mts';
import { scopes, spellings, type Attachment } from './contract.mts';
import type { Fault, FaultRequest } from './fault-kinds.mts';
import type { WebhookCall, WebhookFault } from './dispatcher.mts';
import { realTimer, type Timer } from './timer.mts';
import type { LogEntry } from './wire-log.mts';

const relativePath = (path: string) =>
	z.string().startsWith('/', 'must start with a slash').default(path);

/** A function that gives the failure of a request, or undefined for none. */
const fault = <Request, Failure>() =>
	z.custom<(request: Request) => Failure | undefined>(isFunction, 'must be a function');

/** Talkdesk's authentication towards a custom integration (docs/configuring-a-custom-connection). */
const authentication = z.discriminatedUnion('type', [
	z.object({ type: z.literal('none') }).strict(),
	z.object({ type: z.literal('basic'), user: z.string(), password: z.string() }).strict(),
	z.object({ type: z.literal('apiKey'), key: z.string() }).strict(),
	z
		.object({
			type: z.literal('oAuth2'),
			tokenUrl: z.string().url(),
			clientId: z.string(),
			clientSecret: z.string(),
		})
		.strict(),
]);

/** A custom integration: a base path, an authentication and one action per event (docs/configuring-a-custom-action). */
const integration = z
	.object({
		basePath: z
			.string()
			.refine(isBasePath, 'must be an http or https URL without user, query string or fragment'),
		paths: z
			.object({
				conversation_started: relativePath('/conversation_started'),
				message_created: relativePath('/message_created'),
				conversation_ended: relativePath('/conversation_ended'),
			})
			.strict()
			.default({}),
		authentication: authentication.default({ type: 'none' }),
		timeoutSeconds: z.number().min(5).max(30).default(10),
		redeliver: z
			.object({ attempts: z.number().int().positive(), delayMs: z.number().nonnegative() })
			.strict()
			.optional(),
	})
	.strict();
export type Integration = z.output<typeof integration>;

/** Who wrote, as a webhook call names it: nothing, or any spelling, as none is documented. */
export const author = z
	.object({ type: z.string().min(1).optional(), name: z.string().min(1).optional() })
	.strict()
	.nullable();

/** What isn't known of the calls to n8n. The agent's desk can change it, too. */
export const readings = z
	.object({
		conversationStarted: z.enum(['start', 'join', 'agentInitiated', 'never']),
		echoAuthors: z.array(author),
	})
	.strict();

const subDomain = z.string().regex(/^[\w-]+$/, 'must be a sub-domain');

const settings = z
	.object({
		account: subDomain,
		clients: z.array(
			z
				.object({
					id: z.string().min(1),
					/** Absent if the client signs assertions only. */
					secret: z.string().min(1).optional(),
					/** The public keys for its assertions, as PEM. */
					keys: z
						.array(z.object({ id: z.string().min(1), publicKey: z.string().min(1) }).strict())
						.default([]),
					scopes: z.array(z.enum(scopes)),
					account: subDomain.optional(),
				})
				.strict(),
		),
		touchpoints: z.array(
			z.object({ id: z.string().min(1), integration: integration.optional() }).strict(),
		),
		tokenLifetimeSeconds: z.number().positive(),
		digitalConnectEnabled: z.boolean(),
		addressAllowed: z.boolean(),
		messageTypeSpelling: z.enum(spellings),
		endedStatus: z.number().int().min(400).max(499),
		honorMessageKeys: z.boolean(),
		messageKeysCountPer: z.enum(['conversation', 'account']),
		messageKeysAfterEnd: z.enum(['answered', 'ended']),
		honorStartKeys: z.boolean(),
		startKeysAfterEnd: z.enum(['answered', 'new']),
		refusedKeys: z.enum(['free', 'spent']),
		attachmentNames: z.enum(['unique', 'any']),
		uploadsAfterConflict: z.enum(['free', 'spent']),
		uploadTypes: z.enum(['checked', 'any']),
		numericIds: z.boolean(),
		tokenForm: z.enum(['opaque', 'jwt']),
		attachmentPageLimit: z.number().int().min(1).max(100),
		attachmentPageIgnored: z.boolean(),
		echoAuthorization: z.boolean(),
		notifyApiEnd: z.boolean(),
		...readings.shape,
		payloadForm: z.enum(['envelope', 'flat', 'relay']),
		latencyMs: z.custom<() => number>(isFunction, 'must be a function'),
		partialFailure: fault<Attachment, string>(),
		uploadFailure: fault<{ requestId: string }, number>(),
		downloadLinkFailure: fault<{ id: string }, number>(),
		downloadFailure: fault<{ id: string }, number>(),
		answers: fault<Answered, OddAnswer>(),
		faults: fault<FaultRequest, Fault>(),
		webhookFaults: fault<WebhookCall, WebhookFault>(),
		now: z.custom<() => number>(isFunction, 'must be a function'),
		timer: z.custom<Timer>((value) => typeof value === 'object' && value !== null),
		onLog: z.custom<(entry: LogEntry) => void>(isFunction, 'must be a function'),
	})
	.strict();

/** All settings with their defaults applied. README.md explains each. */
export type Settings = z.output<typeof settings>;
/** The argument of `configure`: any settings; the defaults inside an integration may be left out. */
export type SettingChanges = Partial<z.input<typeof settings>>;
/** The argument of `startSimulator`. */
export type SimulatorOptions = SettingChanges & { port?: number };

/** The defaults: an account that allows everything and calls no webhook. */
export const defaultSettings: Settings = {
	account: 'acme',
	clients: [{ id: 'local-client', secret: 'local-secret', keys: [], scopes: [...scopes] }],
	touchpoints: [{ id: 'local-touchpoint' }],
	tokenLifetimeSeconds: 600,
	digitalConnectEnabled: true,
	addressAllowed: true,
	messageTypeSpelling: 'lower',
	endedStatus: 409,
	honorMessageKeys: true,
	messageKeysCountPer: 'account',
	messageKeysAfterEnd: 'answered',
	honorStartKeys: true,
	startKeysAfterEnd: 'answered',
	refusedKeys: 'free',
	attachmentNames: 'unique',
	uploadsAfterConflict: 'free',
	uploadTypes: 'checked',
	numericIds: false,
	tokenForm: 'opaque',
	attachmentPageLimit: 100,
	attachmentPageIgnored: false,
	echoAuthorization: false,
	notifyApiEnd: true,
	conversationStarted: 'join',
	echoAuthors: [],
	payloadForm: 'envelope',
	latencyMs: () => 0,
	partialFailure: () => undefined,
	uploadFailure: () => undefined,
	downloadLinkFailure: () => undefined,
	downloadFailure: () => undefined,
	answers: () => undefined,
	faults: () => undefined,
	webhookFaults: () => undefined,
	now: Date.now,
	timer: realTimer,
	onLog: () => undefined,
};

/** The stricter alternative of each unknown whose default is the lenient one. */
export const hardSettings = {
	messageKeysAfterEnd: 'ended',
	tokenForm: 'jwt',
	attachmentPageLimit: 50,
	echoAuthorization: true,
} as const satisfies SettingChanges;

/**
 * Applies changes to settings. A value of undefined is ignored.
 *
 * @returns new settings; the old ones are not modified
 * @throws RangeError for a timeout outside of 5 to 30 seconds, which is what Talkdesk's screens allow; TypeError for any other
 * unknown option or invalid value
 */
export function changeSettings(current: Settings, changes: SettingChanges): Settings {
	const given = Object.entries(changes).filter(([, value]) => value !== undefined);
	const read = settings.safeParse({ ...current, ...Object.fromEntries(given) });
	if (read.success) return read.data;
	const [issue] = read.error.issues;
	const message = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
	throw issue?.path.at(-1) === 'timeoutSeconds' ? new RangeError(message) : new TypeError(message);
}

/** All secrets of the settings, for the log to mask. */
export function secretsOf({ clients, touchpoints }: Settings): string[] {
	const received = touchpoints.map((touchpoint) => {
		const auth = touchpoint.integration?.authentication;
		if (auth?.type === 'basic') return auth.password;
		if (auth?.type === 'apiKey') return auth.key;
		return auth?.type === 'oAuth2' ? auth.clientSecret : '';
	});
	return [...clients.map(({ secret = '' }) => secret), ...received].filter(Boolean);
}

/** A user in the URL is rejected because URLs are logged, and `authentication` is the place for it. */
function isBasePath(text: string): boolean {
	if (!URL.canParse(text) || /[?#]/.test(text)) return false;
	const { protocol, username, password } = new URL(text);
	return ['http:', 'https:'].includes(protocol) && !username && !password;
}

function isFunction(value: unknown): boolean {
	return typeof value === 'function';
}
