import {
	dependenciesOf,
	findCircle,
	forbiddenImports,
	importsIn,
	specifiersOf,
	type Import,
} from './imports.mts';

const NODES = 'nodes/Talkdesk/';

/** What each folder of nodes/Talkdesk/ may import. Files without a folder are the nodes themselves. */
const ALLOWED_IN_NODES = {
	'the nodes': ['actions', 'trigger', 'waiting', 'parameters', 'api'],
	actions: [
		'waiting',
		'parameters',
		'sessions',
		'deduplication',
		'files',
		'transcript',
		'api',
		'collections',
		'text',
	],
	trigger: [
		'waiting',
		'parameters',
		'sessions',
		'deduplication',
		'files',
		'api',
		'collections',
		'text',
	],
	waiting: ['parameters', 'sessions', 'api', 'collections', 'text'],
	sessions: ['collections'],
	parameters: ['transcript', 'api', 'text'],
	files: ['parameters', 'api', 'text'],
	transcript: ['api', 'text'],
	deduplication: ['collections'],
	collections: [],
	api: ['text'],
	text: [],
};

/** Imports against these rules that still exist. */
const EXCEPTIONS_IN_NODES = [
	// The credential test checks the webhook part of the credential.
	`${NODES}api/credentialTest.ts → ${NODES}trigger/authentication/verify`,
	// Only a type.
	`${NODES}parameters/transcript.ts → ${NODES}actions/operation`,
];

const SUITES = ['unit', 'integration', 'e2e', 'fuzz'];

/** What each folder of test/ may import. */
const ALLOWED_IN_TESTS = {
	simulator: [],
	tools: ['simulator'],
	support: ['simulator', 'tools'],
	// It drives the examples as the end-to-end tests do.
	matrix: ['simulator', 'tools', 'support', 'e2e'],
	...Object.fromEntries(SUITES.map((suite) => [suite, ['simulator', 'tools', 'support']])),
};

const exceptionsIn = ({ from, to }: Import) => EXCEPTIONS_IN_NODES.includes(`${from} → ${to}`);

describe('the folders of nodes/Talkdesk', () => {
	const roomOf = (file: string) => {
		if (!file.startsWith(NODES)) return undefined;
		const [room = '', ...rest] = file.slice(NODES.length).split('/');
		return rest.length > 0 ? room : 'the nodes';
	};
	const imports = importsIn(NODES);

	it('import each other as allowed', () => {
		expect(imports.length).toBeGreaterThan(100);
		expect(forbiddenImports(dependenciesOf(imports, roomOf), ALLOWED_IN_NODES).sort()).toEqual(
			EXCEPTIONS_IN_NODES,
		);
	});

	it('have no circle', () => {
		const regular = imports.filter((each) => !exceptionsIn(each));
		expect(findCircle(dependenciesOf(regular, roomOf))).toBeUndefined();
	});

	it('import nothing of the tests', () => {
		expect(imports.filter(({ to }) => !/^(nodes|credentials)\//.test(to))).toEqual([]);
	});
});

describe('the folders of test/', () => {
	const imports = importsIn('test');
	const folderOf = (file: string) => /^test\/([^/]+)\//.exec(file)?.[1];

	it('import lower ones only: simulator, tools, support, suites', () => {
		const dependencies = dependenciesOf(imports, folderOf);
		expect(dependencies.length).toBeGreaterThan(8);
		expect(forbiddenImports(dependencies, ALLOWED_IN_TESTS)).toEqual([]);
	});

	it('have no circle, the tools among themselves included', () => {
		const toolOf = (file: string) => /^test\/(tools\/[^/]+|[^/]+)\//.exec(file)?.[1];
		expect(findCircle(dependenciesOf(imports, toolOf))).toBeUndefined();
	});
});

describe('the check itself', () => {
	it('finds every kind of import', () => {
		const text = `
			import a from './a';
			import type { B } from './b';
			export { c } from './c';
			const d = require('./d');
			const e = await import('./e');
			import './f';
			// import './no';
		`;
		expect(specifiersOf(text).sort()).toEqual(['./a', './b', './c', './d', './e', './f']);
	});

	const dependencies = (...edges: string[]) =>
		edges.map((edge) => {
			const [from = '', to = ''] = edge.split(' ');
			return { from, to, imports: [{ from: `${from}/1`, to: `${to}/2` }] };
		});

	it.each([
		[
			['a b', 'b c', 'c a'],
			['a', 'b', 'c', 'a'],
		],
		[
			['a b', 'b c', 'c b'],
			['b', 'c', 'b'],
		],
		[['a b', 'a c', 'b c'], undefined],
	])('finds the circle of %j', (edges, circle) => {
		expect(findCircle(dependencies(...edges))).toEqual(circle);
	});

	it('finds a forbidden import', () => {
		expect(forbiddenImports(dependencies('a b', 'b a'), { a: ['b'], b: [] })).toEqual([
			'b/1 → a/2',
		]);
	});
});
