/** The unit tests of one room: Stryker runs one project, in a copy of the checkout. */
const path = require('node:path');

const { projects } = require('../../../jest.config.cjs');

// The temporary folder is that of the whole run: Stryker also kills what would remove another one.
const { displayName, globalSetup, ...unit } = projects.find(
	(project) => project.displayName === 'unit',
);
// A room's own tests must see its changes. Others only cost time: each change loads each test file that imports what changed.
const room = process.env.MUTATED_ROOM ?? '';

module.exports = {
	...unit,
	testMatch: [path.posix.join('<rootDir>/test/unit', room, '**/*.test.mts')],
	setupFilesAfterEnv: ['<rootDir>/test/tools/mutation/skipSlow.cjs'],
};
