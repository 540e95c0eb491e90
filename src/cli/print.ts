/**
 * Characters that a terminal obeys or that change how others are shown: controls (C0, DEL, C1), line and paragraph
 * separators, marks that turn the direction of writing, halves of surrogate pairs. A file's name may hold any of them.
 */
const unprintable = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Cs}/gu;

const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (character: string): string => {
  const code = character.codePointAt(0)!;
  return (
    short[character] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  );
};

/** Text on one line that a terminal only shows: control characters become `\x1b`, `\n`, `\u202e`. */
export const printable = (text: string): string => text.replace(unprintable, escaped);

/** JSON on one line, safe in a terminal, of the same value. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A line on stdout: what was asked for. */
export const print = (line: string): void => console.log(printable(line));

/** A value on stdout, as JSON. */
export const printJson = (value: unknown): void => console.log(printableJson(value));

/** A line on stderr: everything else. */
export const say = (line: string): void => console.error(printable(line));

/** The first lines of a long list, on stderr, and how many more there are; `rest` says where those are listed. */
export function sayList(lines: readonly string[], rest: string, max = 20): void {
  for (const line of lines.slice(0, max)) say(line);
  if (lines.length > max) say(`… and ${lines.length - max} more${rest}`);
}
