/** Builds the package on every change, with the tasks of gulpfile.js. */
const { watch } = require('gulp');

const { assets, bundle, copyAssets, sources } = require('../../../gulpfile.js');

// Types are left out: they take longer than all of the rest. Gulp's `parallel` isn't used: an error in it, outside of
// Gulp's own command, ends the process.
async function build() {
	await bundle();
	await new Promise((resolve, reject) => {
		copyAssets().on('end', resolve).on('error', reject).resume();
	});
}

function watchSources(onChange) {
	const watcher = watch([...sources, ...assets], { delay: 100 }, () => onChange(build));
	return { close: () => watcher.close() };
}

module.exports = { watchSources };
