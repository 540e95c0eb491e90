import { isIP } from 'node:net';

const loopback = ['localhost', '127.0.0.1', '[::1]'];
/** A server that listens on one of these listens on every address of the machine. */
const everyAddress = new Set(['0.0.0.0', '[::]']);

/**
 * The host in a `Host` header or an option, as a browser writes it: lower case, no port, no dot at the end, an IPv6
 * address in brackets. `undefined` when the text is no host.
 */
export function hostOf(text: string): string | undefined {
  if (/[\s/?#@\\%]/.test(text)) return undefined;
  try {
    const { hostname } = new URL(`http://${isIP(text) === 6 ? `[${text}]` : text}`);
    return hostname.replace(/\.$/, '') || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Which `Host` headers a server answers. A foreign page can point its own name at this machine (DNS rebinding) and could
 * then read everything. The browser sends that name, so only known names are answered: the machine's own, the name that
 * the server listens on, and `allowed`. A server that listens on every address also answers to any address: an address
 * cannot be rebound; and to a request without the header (HTTP/1.0), as load balancers send to see whether it is well:
 * browsers always send one.
 *
 * @param listensOn `--host`
 */
export function hostFilter(
  listensOn: string,
  allowed: readonly string[],
): (header: string | undefined) => boolean {
  const own = hostOf(listensOn);
  const known = new Set([...loopback, ...[own, ...allowed.map(hostOf)].filter((name) => name !== undefined)]);
  const anyAddress = own !== undefined && everyAddress.has(own);
  return (header) => {
    if (header === undefined) return anyAddress;
    const host = hostOf(header);
    // A header has an IPv6 address in brackets.
    if (host === undefined || isIP(header) === 6) return false;
    return known.has(host) || (anyAddress && isIP(host.replace(/^\[|\]$/g, '')) !== 0);
  };
}
