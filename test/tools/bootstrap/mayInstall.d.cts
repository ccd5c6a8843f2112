/**
 * Whether a command may install programs on this machine: on CI, or with `--install`.
 * A contributor's machine is left alone. Without apt-get, or as another user than root, it is impossible.
 */
export function mayInstall(options?: {
	env?: NodeJS.ProcessEnv;
	args?: string[];
	/** Whether this process could: it is root, and there is apt-get. */
	able?: boolean;
}): boolean;
