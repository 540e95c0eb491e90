interface Policy {
  createScriptURL(url: string): string;
}
type Scope = typeof globalThis & {
  trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
  /** In a worker, what its first script has made; pages have none, where anybody could use it. */
  likenessPolicy?: Policy;
};

let policy: Policy | undefined;
let refusal: Error | undefined;

/**
 * A worker's URL as a page with Trusted Types wants it: through a policy of ours, `likeness`, which its
 * Content-Security-Policy has to allow (`trusted-types likeness`). It is asked for our own scripts only.
 */
export function trustedScript(url: string): string {
  const { trustedTypes, likenessPolicy } = globalThis as Scope;
  if (!trustedTypes) return url;
  policy ??= likenessPolicy;
  try {
    policy ??= trustedTypes.createPolicy('likeness', { createScriptURL: (own) => own });
  } catch (error) {
    refusal = error as Error;
    return url; // enough where they are not required, or where the page has a policy for all
  }
  return policy.createScriptURL(url);
}

/** Why a URL that was refused had no policy; `undefined` where it had one. */
export const whyNotTrusted = (): string | undefined =>
  refusal &&
  `This page requires Trusted Types, and the policy of Likeness cannot be made (${refusal.message}): its Content-Security-Policy has to allow "trusted-types likeness", with 'allow-duplicates' where two copies of Likeness are in one page.`;

/** JavaScript, for the first script of a worker: `import` takes any URL, this call only what a policy has made. */
export const importScriptsText = (href: string): string => `
globalThis.likenessPolicy = globalThis.trustedTypes?.createPolicy('likeness', { createScriptURL: (own) => own });
importScripts(globalThis.likenessPolicy?.createScriptURL(${JSON.stringify(href)}) ?? ${JSON.stringify(href)});`;
