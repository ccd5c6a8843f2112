import fs from 'node:fs';

/** How long a tick of Linux' clock for processes is, in milliseconds. */
const TICK_MS = 10;

/**
 * The processor time that a process has used so far with all its threads, in milliseconds; NaN where it isn't known. Linux
 * only. Unlike the time on the clock it says what something costs on a machine that others use as well.
 */
export function processorMs(pid: number | undefined): number {
	if (process.platform !== 'linux' || pid === undefined) return NaN;
	const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
	// After the name, which is in brackets and may hold spaces: user and system time are fields 14 and 15 of the whole.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
