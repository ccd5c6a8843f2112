/**
 * Runs the rules of n8n's scanner over a folder, and says what came out, as JSON in the last line.
 *
 * Usage: node scan.mjs <scanner.mjs> <folder> source|tarball
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [scanner, folder, what] = process.argv.slice(2);
const { analyzePackage, SOURCE_FILE_PATTERNS } = await import(pathToFileURL(scanner).href);
// The same as analyzePackageByName gives for each.
const patterns = what === 'source' ? SOURCE_FILE_PATTERNS : ['**/*.js', 'package.json'];

// Where it finds no files, the scanner is content.
const glob = createRequire(scanner)('fast-glob');
const files = glob.sync(patterns, { cwd: folder, ignore: ['node_modules/**'] }).length;
const { passed, message, details } = await analyzePackage(folder, patterns);
process.stdout.write(`\n${JSON.stringify({ files, passed, message, details })}\n`);
