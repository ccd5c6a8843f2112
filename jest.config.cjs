/** Tests are `.mts` so that n8n's linter, which holds every `.ts` file to the rules for node code, leaves them alone. */
const transform = {
	'^.+\\.m?ts$': [
		'@swc/jest',
		{ jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
	],
};

const project = (name, options = {}) => ({
	displayName: name,
	rootDir: __dirname,
	testMatch: [`<rootDir>/test/${name}/**/*.test.mts`],
	moduleFileExtensions: ['mts', 'ts', 'mjs', 'js', 'json', 'node'],
	transform,
	globalSetup: '<rootDir>/test/tools/process/temporaryFolder.cjs',
	...options,
});

module.exports = {
	// For `npm run coverage`, which prints a table.
	collectCoverageFrom: ['<rootDir>/{credentials,nodes}/**/*.ts'],
	coverageProvider: 'v8',
	coverageReporters: ['text'],
	projects: [
		project('unit'),
		project('simulator'),
		project('integration', { globalSetup: '<rootDir>/test/integration/globalSetup.cjs' }),
		project('tools'),
		project('e2e', { testPathIgnorePatterns: ['/queue-mode/'] }),
		project('matrix'),
		project('e2e/queue-mode', { displayName: 'queue-mode' }),
	],
};
