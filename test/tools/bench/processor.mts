import fs from 'node:fs';

/** The length of a clock tick of Linux, in milliseconds. */
const TICK_MS = 10;

/**
 * The processor time of a process with all its threads, in milliseconds; NaN if it isn't known. Linux only. Unlike wall-clock
 * time, it does not depend on the load of the machine.
 */
export function processorMs(pid: number | undefined): number {
	if (process.platform !== 'linux' || pid === undefined) return NaN;
	const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
	// After the name, which is in brackets and may have spaces: user and system time are the fields 14 and 15.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
