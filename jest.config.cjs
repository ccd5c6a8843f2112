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
	...options,
});

module.exports = {
	projects: [
		project('unit'),
		project('sandbox'),
		project('integration', { globalSetup: '<rootDir>/test/integration/set-up.cjs' }),
		project('n8n'),
		project('verify'),
		project('e2e'),
		project('queue'),
	],
};
