import { describeShape, isLargerThan } from '../../../nodes/Talkdesk/text/bodyShape';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

it('has names, types and lengths, and no value', () => {
	const body = {
		conversation_id: 'c1-secret',
		event_type: 'TYPING',
		count: 4711,
		active: true,
		nothing: null,
		payload: { content: 'my secret', tags: ['secret', 'secret'], empty: [], none: {} },
	};
	expect(describeShape(body)).toBe(
		'{ conversation_id: text of 9, event_type: text of 6, count: number, active: boolean, nothing: null, ' +
			'payload: { content: text of 9, tags: list of 2, first: text of 6, empty: list of 0, none: {} } }',
	);
});

it.each(['+49 30 1234', 'ann@example.com', 'Ann Smith', 'x'.repeat(42), 'é', '', '12', 'a\nb'])(
	'does not show the key %j',
	(key) => {
		expect(describeShape({ [key]: 1, known: 1 })).toBe('{ known: number, 1 other key }');
	},
);

it('is short for any body', () => {
	const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key${index}`, 1]));
	expect(describeShape(wide)).toContain('49980 other keys');
	const both = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, { ...wide }]));
	expect(describeShape(both).length).toBeLessThan(5000);
	expect(describeShape(nested(10_000))).toBe(
		'list of 1, first: list of 1, first: list of 1, first: list of 1, first: list of 1',
	);
	expect(describeShape({ a: { b: { c: { d: { e: 1, f: 2 } } } } })).toBe(
		'{ a: { b: { c: { d: object of 2 } } } }',
	);
	expect(describeShape('x'.repeat(1_000_000))).toBe('text of 1000000');
});

it.each([
	[undefined, 'undefined'],
	[null, 'null'],
	[7, 'number'],
	[[], 'list of 0'],
	[{}, '{}'],
])('describes %j as %s', (value, expected) => {
	expect(describeShape(value)).toBe(expected);
});

it('shows prototype keys like any other', () => {
	const body: unknown = JSON.parse('{"__proto__":{"a":1},"constructor":"x"}');
	expect(describeShape(body)).toBe('{ __proto__: { a: number }, constructor: text of 1 }');
});

describe('isLargerThan', () => {
	const isDeeper = (body: unknown, levels: number) => isLargerThan(body, { levels, values: 1e6 });

	it('measures the depth of a body without recursion', () => {
		expect(isDeeper('text', 0)).toBe(false);
		expect(isDeeper(nested(3), 3)).toBe(false);
		expect(isDeeper(nested(4), 3)).toBe(true);
		expect(isDeeper({ a: [{ b: 1 }], c: 1 }, 3)).toBe(false);
		expect(isDeeper({ a: [{ b: {} }] }, 3)).toBe(true);
		expect(isDeeper(nested(100_000), 32)).toBe(true);
		expect(isDeeper(nested(100_000), 1e6)).toBe(false);
	});

	it('counts the values of all levels', () => {
		const body = { a: [1, 2], b: { c: null } };
		expect(isLargerThan(body, { levels: 9, values: 6 })).toBe(false);
		expect(isLargerThan(body, { levels: 9, values: 5 })).toBe(true);
		expect(isLargerThan(Array(200_000).fill([]), { levels: 9, values: 5000 })).toBe(true);
	});
});
