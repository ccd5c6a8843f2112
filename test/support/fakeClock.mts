/**
 * A clock that only `sleep` moves on: what waits, doesn't wait for real.
 *
 * Import it ahead of the code under test, which otherwise gets n8n's own `sleep`.
 */
export const clock = {
	now: 0,
	/** The milliseconds of each `sleep` so far. */
	sleeps: [] as number[],
};

jest.mock('n8n-workflow', () => ({
	...jest.requireActual<object>('n8n-workflow'),
	sleep: async (milliseconds: number) => {
		clock.sleeps.push(milliseconds);
		clock.now += milliseconds;
	},
}));

beforeEach(() => {
	clock.now = 1_000_000;
	clock.sleeps.length = 0;
	jest.spyOn(Date, 'now').mockImplementation(() => clock.now);
});
afterEach(() => jest.restoreAllMocks());
