const pauseMs = 100;

/** Asks a page until it gives something truthy. */
export async function waitFor(page, body, args = [], { timeoutMs = 60_000 } = {}) {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const found = await page.evaluate(body, ...args);
    if (found) return found;
    if (Date.now() > until)
      throw new Error(`Waited ${timeoutMs / 1000} s for ${body} with ${JSON.stringify(args)}`);
    await new Promise((done) => setTimeout(done, pauseMs));
  }
}
