/** Where a declaration of the encoding has to stand, by the HTML standard. */
const declared = 1024;

const boms: readonly [label: string, bytes: readonly number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/**
 * The text of an HTML file, in the encoding that browsers find: by its mark at the beginning, else by its declaration.
 * Where there is none, it is UTF-8 if it can be, else windows-1252.
 */
export function textOf(bytes: Uint8Array): string {
  const label = markOf(bytes) ?? declarationIn(bytes);
  const decoder = label === undefined ? undefined : decoderOf(label);
  try {
    const text = (decoder ?? new TextDecoder('utf-8', { fatal: true })).decode(bytes);
    return decoder?.encoding === 'windows-1252' ? withWindows1252(text) : text;
  } catch {
    return withWindows1252(new TextDecoder('windows-1252').decode(bytes));
  }
}

/** What windows-1252 has where Latin 1 has controls, from 0x80 on. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Node 20 decodes windows-1252 as Latin 1. */
const withWindows1252 = (text: string): string =>
  text.replace(/[\x80-\x9f]/g, (control) => windows1252[control.charCodeAt(0) - 0x80]!);

const markOf = (bytes: Uint8Array): string | undefined =>
  boms.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte))?.[0];

/** `<meta charset>`, `<meta http-equiv content="…; charset=…">` or `<?xml encoding="…"?>`. */
function declarationIn(bytes: Uint8Array): string | undefined {
  const begin = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, declared))
    .toString('latin1')
    .replace(/<!--[\s\S]*?(-->|$)/g, '');
  const [, label] =
    /^\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']\s*([^"'\s>]+)/i.exec(begin) ??
    /<meta[\s/][^>]*?\bcharset\s*=\s*["']?\s*([^\s"'/>;]+)/i.exec(begin) ??
    [];
  // The declaration itself was read as ASCII: the standard takes such a file for UTF-8.
  return label !== undefined && /^(utf-?16|ucs-?2|unicode$|iso-10646-ucs-2)/i.test(label) ? 'utf-8' : label;
}

function decoderOf(label: string): TextDecoder | undefined {
  try {
    return new TextDecoder(label.toLowerCase() === 'x-user-defined' ? 'windows-1252' : label);
  } catch {
    return undefined; // no encoding by that name
  }
}
