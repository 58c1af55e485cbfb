/** The same text as a string of its own: a slice would hold all of the file it was cut from in memory. */
export const ownText = (text: string): string => Array.from(text).join('');
