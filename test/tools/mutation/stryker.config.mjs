export default {
	testRunner: 'jest',
	jest: { configFile: 'test/tools/mutation/jest.config.cjs' },
	coverageAnalysis: 'perTest',
	concurrency: 2,
	// A time-out counts as noticed, and on a busy machine slow isn't endless.
	timeoutMS: 10_000,
	// Jest translates without a check of types.
	disableTypeChecks: false,
	ignorePatterns: ['/dist', '/docs', '/examples'],
	reporters: ['clear-text', 'progress'],
	// Which test kills what is long, and in the way of what survives.
	clearTextReporter: { logTests: false, allowColor: true, reportTests: false },
	allowEmpty: false,
};
