/**
 * Loads the nodes and credentials of a package as n8n does, and says what they are, as JSON.
 *
 * Usage: NODE_PATH=<node_modules with n8n-workflow> node describe.cjs <folder> <file> …
 */
const path = require('node:path');

/** A text, or one for each theme. */
const textsOf = (icon) =>
	typeof icon === 'string' ? [icon] : Object.values(icon ?? {}).map(String);

function describe(folder, file) {
	try {
		const [className] = path.basename(file).split('.');
		const instance = new (require(path.join(folder, file))[className])();
		const { description = instance } = instance;
		return {
			file,
			name: description.name,
			icons: textsOf(description.icon),
			credentials: (description.credentials ?? []).map(({ name }) => name),
		};
	} catch (error) {
		return { file, problem: `can't be loaded: ${String(error?.message ?? error).split('\n')[0]}` };
	}
}

const [folder, ...files] = process.argv.slice(2);
process.stdout.write(JSON.stringify(files.map((file) => describe(folder, file))));
