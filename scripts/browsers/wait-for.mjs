const pauseMs = 100;

/**
 * Asks a page until it gives something truthy. An element, too, is only asked for here: as JSON it is `undefined` in one
 * browser and an object in others, so that it would be waited for in vain.
 */
export async function waitFor(page, body, args = [], { timeoutMs = 60_000 } = {}) {
  const asJson = `async (...args) => {
    const found = await (${body})(...args);
    return found instanceof Node ? true : found;
  }`;
  const until = Date.now() + timeoutMs;
  for (;;) {
    const found = await page.evaluate(asJson, ...args);
    if (found) return found;
    if (Date.now() > until)
      throw new Error(`Waited ${timeoutMs / 1000} s for ${body} with ${JSON.stringify(args)}`);
    await new Promise((done) => setTimeout(done, pauseMs));
  }
}
