export interface FindOptions {
	/** `process.env` by default. What its CHROMIUM_PATH names counts alone; otherwise its PATH is searched. */
	env?: NodeJS.ProcessEnv;
	/** Programs that are tried before PATH. */
	places?: string[];
}

export interface EnsureOptions extends FindOptions {
	/** Whether apt-get may be called: see mayInstall.cjs. */
	install?: boolean;
	report?: (line: string) => void;
}

/** How to get Chromium, in a sentence. */
export const HELP: string;

/** The path of Chromium's program, undefined if there is none. */
export function findChromium(options?: FindOptions): string | undefined;

/**
 * The path of Chromium's program, which is installed first if that is allowed.
 * @throws HELP
 */
export function ensureChromium(options?: EnsureOptions): string;
