import { possibleFaults, type FaultKind, type FaultRequest } from '../fault-kinds.mts';
import { seededFaults, seededWebhookFaults, type SeededFaultsOptions } from '../seeded-faults.mts';
import { sendRoute } from './testing-faults.mts';
import { cleanUp, request, setUp } from './testing.mts';

afterEach(cleanUp);

const download = 'GET /downloads/:id';
const routes = [
	sendRoute,
	download,
	'PUT /uploads/:id',
	'POST /id/:account/oauth/token',
	'POST /api/digital-connect/conversations',
	'GET /api/attachments/2023-03/:id',
];

const about = (route: string, index = 0): FaultRequest => {
	const [method = '', path = ''] = route.split(' ');
	return { method, route, path, index, total: index };
};

/** The faults of a number of requests. A manual clock lets every token die. */
function draw(options: Partial<SeededFaultsOptions>, { count = 3000, on = routes } = {}) {
	let time = 0;
	const faults = seededFaults({ seed: 1, rate: 0.3, now: () => (time += 1000), ...options });
	const given = Array.from({ length: count }, (_, index) => {
		const route = on[index % on.length] ?? '';
		return { route, fault: faults(about(route, index)) };
	});
	return { given, counts: faults.counts() };
}

const kindsOf = ({ given }: ReturnType<typeof draw>) =>
	new Set(given.flatMap(({ fault }) => fault?.kind ?? []));

test('the same seed gives the same faults, another seed others', () => {
	expect(draw({}).given).toEqual(draw({}).given);
	expect(draw({}).given).not.toEqual(draw({ seed: 2 }).given);
});

test('the clock affects tokenDies only', () => {
	const frozen = draw({ now: () => 0 }).given.map(({ fault }) => fault);
	const free = draw({}).given.map(({ fault }) => fault);
	expect(frozen.filter((fault) => fault?.kind === 'tokenDies')).toHaveLength(1);
	const first = free.findIndex((fault) => fault?.kind === 'tokenDies');
	expect(frozen).toEqual(
		free.map((fault, at) => (fault?.kind === 'tokenDies' && at > first ? undefined : fault)),
	);
});

test.each([
	[undefined, 1000],
	[5000, 5000],
])('tokens die no more often than the option says (%p: every %d ms)', (tokenDiesEveryMs, least) => {
	let time = 0;
	const faults = seededFaults({
		...{ seed: 3, rate: 1, kinds: ['tokenDies'], tokenDiesEveryMs, now: () => time },
	});
	const deaths: number[] = [];
	for (; time < 20_000; time += 250) if (faults(about(sendRoute))) deaths.push(time);
	expect(deaths).toEqual(Array.from({ length: 20_000 / least }, (_, index) => index * least));
});

test.each([0, 0.1, 0.5, 1])('a rate of %d is kept', (rate) => {
	const { given } = draw({ rate });
	const share = given.filter(({ fault }) => fault).length / given.length;
	expect(Math.abs(share - rate)).toBeLessThan(rate === 0 || rate === 1 ? 1e-9 : 0.03);
});

test('the default kinds are the usual ones of a route', () => {
	const unusual: FaultKind[] = ['conversationEnds', 'storageError', 'redirect', 'drip'];
	for (const route of routes) {
		const kinds = possibleFaults(route).filter((kind) => !unusual.includes(kind));
		expect([...kindsOf(draw({ rate: 1 }, { on: [route] }))].sort()).toEqual([...kinds].sort());
	}
});

test('statuses and rare kinds can be chosen', () => {
	const statuses = [408, 500, 524] as const;
	const { given } = draw(
		{ rate: 1, kinds: ['unavailable', 'storageError', 'redirect', 'drip'], statuses },
		{ count: 3000 },
	);
	const details = given.flatMap(({ fault }) =>
		fault && 'status' in fault ? `${fault.kind} ${fault.status}` : (fault?.kind ?? []),
	);
	expect([...new Set(details)].sort()).toEqual([
		...['drip', 'redirect 307', 'redirect 308', 'storageError'],
		...statuses.map((status) => `unavailable ${status}`),
	]);
});

test('faults have all their details', () => {
	const { given, counts } = draw({ rate: 1, hangMs: 70 }, { count: 12_000 });
	const shapes = new Set(given.map(({ fault }) => JSON.stringify(fault)));
	const both = (fault: object) => ['before', 'after'].map((when) => ({ ...fault, when }));
	const all = [
		{ kind: 'rateLimited' },
		{ kind: 'rateLimited', retryAfterSeconds: 1 },
		...[502, 503, 504].flatMap((status) => both({ kind: 'unavailable', status })),
		...both({ kind: 'hang' }).map((fault) => ({ ...fault, ms: 70 })),
		...both({ kind: 'cut' }),
		{ kind: 'cut', when: 'midway' },
		{ kind: 'stall', ms: 70 },
		{ kind: 'tokenDies' },
	];
	expect([...shapes].sort()).toEqual(all.map((fault) => JSON.stringify(fault)).sort());
	const hangs = (counts['hang before'] ?? 0) + (counts['hang after'] ?? 0);
	const cuts = (counts['cut before'] ?? 0) + (counts['cut after'] ?? 0);
	expect(hangs * 3).toBeLessThan(cuts);
	const midway = given.filter(({ fault }) => fault?.kind === 'cut' && fault.when === 'midway');
	expect(new Set(midway.map(({ route }) => route))).toEqual(new Set([download]));
});

test('chosen kinds are given only on routes where they are possible', () => {
	const kinds: FaultKind[] = ['conversationEnds', 'stall'];
	const drawn = draw({ rate: 1, kinds });
	expect(new Set(drawn.given.map(({ route, fault }) => `${fault?.kind}: ${route}`))).toEqual(
		new Set([
			`conversationEnds: ${sendRoute}`,
			`stall: ${download}`,
			...routes.slice(2).map((route) => `undefined: ${route}`),
		]),
	);
	expect(drawn.counts).toEqual({ conversationEnds: 500, stall: 500 });
});

test.each([[{ rate: 1.1 }], [{ rate: -0.1 }], [{ rate: NaN }], [{ seed: 1.5 }], [{ seed: NaN }]])(
	'%p is a RangeError',
	(wrong) => {
		expect(() => seededFaults({ seed: 1, rate: 0.5, ...wrong })).toThrow(RangeError);
		expect(() => seededWebhookFaults({ seed: 1, rate: 0.5, ...wrong })).toThrow(RangeError);
	},
);

test('the simulator accepts all of them as possible', async () => {
	const faults = seededFaults({
		seed: 5,
		rate: 1,
		kinds: ['rateLimited', 'unavailable', 'tokenDies'],
	});
	const { talkdesk, client } = await setUp();
	talkdesk.configure({ faults });
	const statuses: number[] = [];
	for (let round = 0; round < 30; round += 1) {
		statuses.push((await client.start()).status);
		statuses.push((await request('GET', `${talkdesk.storageUrl}/downloads/x`)).status);
	}
	expect(statuses).not.toContain(500);
	expect(statuses).toContain(429);
	const given = Object.values(faults.counts()).reduce((sum, count) => sum + count, 0);
	expect(talkdesk.log.filter(({ summary }) => summary.includes('[fault: '))).toHaveLength(given);
});

describe('faults of webhooks', () => {
	function drawCalls(options: object = {}) {
		const faults = seededWebhookFaults({ seed: 1, rate: 0.4, ...options });
		const call = { event: 'message_created', conversationId: 'x' };
		const given = Array.from({ length: 1000 }, (_, index) => faults({ ...call, index }));
		return { given, counts: faults.counts() };
	}

	test('depend on seed, rate and kinds', () => {
		const { given, counts } = drawCalls();
		expect(drawCalls().given).toEqual(given);
		expect(drawCalls({ seed: 2 }).given).not.toEqual(given);
		const share = given.filter(Boolean).length / 1000;
		expect(Math.abs(share - 0.4)).toBeLessThan(0.05);
		expect(Object.keys(counts).sort()).toEqual(['duplicate', 'duplicateAtOnce', 'late']);
		expect(counts.late).toBe(given.filter((fault) => fault === 'late').length);
		expect(drawCalls({ rate: 1, kinds: ['late'] }).counts).toEqual({ late: 1000 });
	});
});
