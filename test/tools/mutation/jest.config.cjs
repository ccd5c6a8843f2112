/** The unit tests alone: Stryker runs one project, in a copy of the checkout. */
const { projects } = require('../../../jest.config.cjs');

const { displayName, ...unit } = projects.find((project) => project.displayName === 'unit');

module.exports = unit;
