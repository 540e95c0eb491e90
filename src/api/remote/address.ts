import { refuse, urlOf } from '../../base/checks.ts';
import { classOf, isUrl } from '../../base/class-of.ts';

/** Where a server's API is, and what allows changes there. */
export interface Address {
  /** As messages name it: without what may be secret. */
  name: string;
  token: string | undefined;
  /** The URL of a route. @param path e.g. `entries/a`, with a `/` for none before it */
  href(path: string, parameters?: URLSearchParams): string;
}

const wanted = "the URL of an API, e.g. 'https://example.org/api', or { url, token }";

/**
 * What a program calls a server.
 *
 * @param base what relative URLs are relative to; `undefined` where there is none
 * @throws LikenessError `bad-argument`
 */
export function addressOf(server: unknown, base: string | undefined): Address {
  const isNamed = classOf(server) === 'Object';
  const { url, token, ...others } = (isNamed ? server : { url: server }) as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) refuse('server', server, `${wanted}, without "${other}"`);
  if (token !== undefined && (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))) {
    refuse(
      'server.token',
      typeof token === 'string' ? 'with other characters' : token,
      'visible ASCII, without spaces',
    );
  }
  const text = typeof url === 'string' || isUrl(url) ? String(url).trim() : refuse('server', url, wanted);
  const root = text === '' ? undefined : urlOf(text, base ?? text);
  if (!root || !/^https?:$/.test(root.protocol)) {
    refuse('server', text, base === undefined ? `${wanted}; in Node it is absolute` : wanted);
  }
  if (root.username !== '' || root.password !== '') {
    refuse('server', root.host, 'without a name and a password before the @: browsers send none');
  }
  const folder = root.pathname.replace(/\/+$/, '');
  return {
    name: root.origin + (folder || '/'),
    token: token as string | undefined,
    href(path, parameters) {
      const there = new URL(root);
      there.hash = '';
      there.pathname = `${folder}/${path}`;
      for (const [name, value] of parameters ?? []) there.searchParams.append(name, value);
      return there.href;
    },
  };
}
