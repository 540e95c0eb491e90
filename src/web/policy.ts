/** Hears what the Content-Security-Policy of this page or worker refuses. */
export interface PolicyEar {
  /** What has refused this URL, and what it has to allow; `undefined` where nothing has. */
  refused(url: string): Promise<string | undefined>;
  end(): void;
}

const eventName = 'securitypolicyviolation';

/**
 * Listens from now on: what a browser's refusal throws says nothing of it.
 *
 * @param throughBlob whether a blob of ours may be what is refused in place of the URL
 */
export function hearPolicy({ throughBlob = false }: { throughBlob?: boolean } = {}): PolicyEar {
  const heard: { directive: string; blocked: string }[] = [];
  const note = (event: Event): void => {
    const { effectiveDirective, blockedURI, disposition } = event as SecurityPolicyViolationEvent;
    if (disposition !== 'report') heard.push({ directive: effectiveDirective, blocked: blockedURI });
  };
  globalThis.addEventListener?.(eventName, note);
  return {
    async refused(url) {
      // The event may come after what was refused has failed.
      for (const waitMs of [0, 50]) {
        await new Promise((go) => setTimeout(go, waitMs));
        const found = heard.find(({ blocked }) => isOf(url, blocked) || (throughBlob && blocked === 'blob'));
        if (found) return sentence(found.directive, found.blocked === 'blob' ? 'blob:' : sourceOf(url));
      }
      return undefined;
    },
    end: () => globalThis.removeEventListener?.(eventName, note),
  };
}

/** Of a blob the scheme is told only, of a URL behind a redirection the origin. */
function isOf(url: string, blocked: string): boolean {
  const { protocol, origin, href } = new URL(url);
  const bare = href.replace(/#.*$/, '');
  return blocked === bare || blocked === origin || `${blocked}:` === protocol;
}

/** A script element's is allowed by the same directive as any script. */
const sentence = (directive: string, source: string): string =>
  `the Content-Security-Policy here refuses it: ${directive.replace(/-elem$/, '')} has to allow ${source}`;

/** What a directive has to have so that it allows a URL: `'self'`, `blob:`, `https://cdn.example`. */
export function sourceOf(url: string): string {
  const { protocol, origin } = new URL(url);
  if (protocol === 'blob:' || protocol === 'data:') return protocol;
  return origin === globalThis.origin ? "'self'" : origin;
}
