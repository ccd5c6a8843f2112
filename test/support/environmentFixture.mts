import { startEnvironment, type Environment } from '../tools/demo/environment.mts';

/** The demo environment, started once for the tests of the importing file. */
export let environment: Environment;

beforeAll(async () => {
	environment = await startEnvironment();
}, 180_000);
afterAll(async () => await environment?.stop(), 30_000);
