/**
 * Does some work, or takes the result of the same work that is under way.
 *
 * @param inFlight the work that is under way, by key
 * @returns the result of the work. If that of another caller fails, for example since a user has stopped its execution, the
 * work is done once more
 * @throws what the own work throws
 */
export async function joinInFlight<Result>(
	inFlight: Map<string, Promise<Result>>,
	key: string,
	work: () => Promise<Result>,
): Promise<Result> {
	const other = inFlight.get(key);
	if (other) return await other.catch(work);
	const own = work();
	inFlight.set(key, own);
	try {
		return await own;
	} finally {
		inFlight.delete(key);
	}
}
