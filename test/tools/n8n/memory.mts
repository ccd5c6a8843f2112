import fs from 'node:fs';

/** Resident memory of a process, in MB; NaN if it isn't known. Linux only. */
export function residentMb(pid: number | undefined): number {
	if (process.platform !== 'linux' || pid === undefined) return NaN;
	const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
	return (Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN) * 1024) / 1_000_000;
}
