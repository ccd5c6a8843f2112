import { joinInFlight } from '../../../nodes/Talkdesk/collections/joinInFlight';

/** Work that ends when it is told to, and counts its runs. */
function slowWork() {
	const runs: Array<{ resolve: (value: string) => void; reject: (error: Error) => void }> = [];
	const work = async () =>
		await new Promise<string>((resolve, reject) => runs.push({ resolve, reject }));
	return { runs, work };
}

it('work that is under way is shared, by key', async () => {
	const inFlight = new Map<string, Promise<string>>();
	const { runs, work } = slowWork();
	const results = ['a', 'a', 'b'].map(async (key) => await joinInFlight(inFlight, key, work));
	expect(runs).toHaveLength(2);
	for (const [index, { resolve }] of runs.entries()) resolve(`result ${index}`);
	expect(await Promise.all(results)).toEqual(['result 0', 'result 0', 'result 1']);
	expect(inFlight.size).toBe(0);
	void joinInFlight(inFlight, 'a', work);
	expect(runs).toHaveLength(3);
});

it('a failure fails the one whose work it was; the others do it themselves', async () => {
	const inFlight = new Map<string, Promise<string>>();
	const { runs, work } = slowWork();
	const first = joinInFlight(inFlight, 'a', work);
	const second = joinInFlight(inFlight, 'a', work);
	runs[0]?.reject(new Error('stopped'));
	await expect(first).rejects.toThrow('stopped');
	expect(inFlight.size).toBe(0);
	runs[1]?.resolve('done');
	expect(await second).toBe('done');
});
