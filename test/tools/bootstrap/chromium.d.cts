/** What to tell a person where there is none. */
export const HELP: string;
/** The path of Chromium's program; what CHROMIUM_PATH says counts alone. */
export function findChromium(env?: NodeJS.ProcessEnv): string | undefined;
