import {
	nameOf,
	possibleFaults,
	type Fault,
	type FaultKind,
	type FaultRequest,
	type GatewayStatus,
} from './fault-kinds.mts';
import type { WebhookCall, WebhookFault } from './dispatcher.mts';

/** A value of the options `faults` and `webhookFaults` that counts its faults. */
interface Seeded<Thing, Given> {
	(thing: Thing): Given | undefined;
	/** The number of faults by name: `{ 'cut after': 3 }`. */
	counts(): Record<string, number>;
}
export type SeededFaults = Seeded<FaultRequest, Fault>;
export type SeededWebhookFaults = Seeded<WebhookCall, WebhookFault>;

interface FaultPlan<Kind> {
	/** An integer. The same seed gives the same faults for the same requests in the same order. */
	seed: number;
	/** The share of requests or calls that fail: 0 to 1. */
	rate: number;
	/** The allowed kinds. */
	kinds?: Kind[];
}

export interface SeededFaultsOptions extends FaultPlan<FaultKind> {
	/** By default the usual faults of a network that are possible on the route. */
	kinds?: FaultKind[];
	/** Statuses of gateways; 502, 503 and 504 by default. */
	statuses?: readonly GatewayStatus[];
	/** The time after which the connection of a `hang` or `stall` is cut; by default never. */
	hangMs?: number;
	/** The minimum time between two `tokenDies`; 1000 by default. An earlier one is dropped. */
	tokenDiesEveryMs?: number;
	/** The clock for that, in ms; the machine's by default. */
	now?: () => number;
}

/** Faults that must be chosen explicitly: they are rare, or none of the network. */
const unusual: FaultKind[] = ['conversationEnds', 'storageError', 'redirect', 'drip'];

/** The weight of each kind. Those that cost a client its whole timeout are rare. */
const weightOf = (kind: FaultKind) => (kind === 'hang' || kind === 'stall' ? 1 : 5);

/**
 * Creates faults for the option `faults`, from a seeded random generator.
 *
 * @throws RangeError for a rate outside of 0 to 1, or a seed that is no integer
 */
export function seededFaults(options: SeededFaultsOptions): SeededFaults {
	const {
		kinds,
		statuses = [502, 503, 504],
		tokenDiesEveryMs = 1000,
		now = () => performance.now(),
	} = options;
	const random = generator(options);
	let lastDeath = -Infinity;

	return counting(nameOf, ({ route }) => {
		// Equally many random numbers for each request, so that the clock doesn't affect later faults.
		const [chance, which, when, detail] = [random(), random(), random(), random()];
		if (chance >= options.rate) return undefined;
		const possible = possibleFaults(route).filter((kind) =>
			kinds ? kinds.includes(kind) : !unusual.includes(kind),
		);
		const kind = pick(
			possible.flatMap((each) => Array.from({ length: weightOf(each) }, () => each)),
			which,
		);
		if (kind === 'tokenDies') {
			if (now() - lastDeath < tokenDiesEveryMs) return undefined;
			lastDeath = now();
		}
		return kind && specify(kind, { route, when, detail, ms: options.hangMs, statuses });
	});
}

function specify(
	kind: FaultKind,
	{
		route,
		when,
		detail,
		ms,
		statuses,
	}: {
		route: string;
		when: number;
		detail: number;
		ms?: number;
		statuses: readonly GatewayStatus[];
	},
): Fault {
	const duration = ms === undefined ? {} : { ms };
	const moment = when < 0.5 ? 'before' : 'after';
	switch (kind) {
		case 'rateLimited':
			return detail < 0.5 ? { kind } : { kind, retryAfterSeconds: 1 };
		case 'unavailable':
			return { kind, status: pick(statuses, detail) ?? 503, when: moment };
		case 'hang':
			return { kind, when: moment, ...duration };
		case 'cut': {
			const isDownload = possibleFaults(route).includes('stall');
			return { kind, when: isDownload && detail < 0.5 ? 'midway' : moment };
		}
		case 'stall':
			return { kind, ...duration };
		case 'storageError': {
			const code = pick(['InternalError', 'RequestTimeout', 'SlowDown'] as const, detail);
			return { kind, code: code ?? 'SlowDown', when: moment };
		}
		case 'redirect':
			return { kind, status: detail < 0.5 ? 307 : 308 };
		case 'drip':
			return { kind, everyMs: 1 };
		case 'tokenDies':
		case 'conversationEnds':
			return { kind };
	}
}

/**
 * Creates faults for the option `webhookFaults`, from a seeded random generator.
 *
 * @throws RangeError for a rate outside of 0 to 1, or a seed that is no integer
 */
export function seededWebhookFaults(options: FaultPlan<WebhookFault>): SeededWebhookFaults {
	const { kinds = ['duplicate', 'duplicateAtOnce', 'late'] } = options;
	const random = generator(options);
	return counting(
		(fault) => fault,
		() => {
			const [chance, which] = [random(), random()];
			return chance < options.rate ? pick(kinds, which) : undefined;
		},
	);
}

function counting<Thing, Given>(
	name: (given: Given) => string,
	give: (thing: Thing) => Given | undefined,
): Seeded<Thing, Given> {
	const counts: Record<string, number> = {};
	const giveAndCount = (thing: Thing) => {
		const given = give(thing);
		if (given !== undefined) counts[name(given)] = (counts[name(given)] ?? 0) + 1;
		return given;
	};
	return Object.assign(giveAndCount, { counts: () => ({ ...counts }) });
}

function pick<T>(list: readonly T[], chance: number): T | undefined {
	return list[Math.floor(chance * list.length)];
}

function generator({ seed, rate }: FaultPlan<unknown>): () => number {
	if (!(rate >= 0 && rate <= 1)) throw new RangeError('The rate must be from 0 to 1');
	return seededRandom(seed);
}

/**
 * Creates a seeded random generator: mulberry32 by Tommy Ettinger, in the public domain.
 *
 * @returns a function that gives numbers from 0 to 1, without 1
 * @throws RangeError for a seed that is no integer
 */
export function seededRandom(seed: number): () => number {
	if (!Number.isInteger(seed)) throw new RangeError('The seed must be a whole number');
	let state = seed | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
