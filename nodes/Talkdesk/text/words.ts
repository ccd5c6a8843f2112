/** The words of a text, which are separated by white space. */
export const words = (text: string): string[] => text.trim().split(/\s+/);
