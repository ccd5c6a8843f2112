/** Makes sure that there is a Chromium, ahead of the tests of pages: without one there is nothing to test. */
import chromium from './chromium.cjs';

try {
	chromium.ensureChromium();
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
}
