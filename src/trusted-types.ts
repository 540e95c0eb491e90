interface Policy {
  createScriptURL(url: string): string;
}
type Scope = typeof globalThis & {
  trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
};

let policy: Policy | undefined;

/**
 * A worker's URL as a page with Trusted Types wants it: through a policy of ours, `likeness`, which its
 * Content-Security-Policy has to allow (`trusted-types likeness`). It is asked for our own scripts only.
 */
export function trustedScript(url: string): string {
  const { trustedTypes } = globalThis as Scope;
  if (!trustedTypes) return url;
  try {
    policy ??= trustedTypes.createPolicy('likeness', { createScriptURL: (own) => own });
  } catch {
    return url; // not allowed here: what is then thrown says so, where Trusted Types are required
  }
  return policy.createScriptURL(url);
}
