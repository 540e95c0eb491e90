/** A browser has ended or no longer answers. That is not the result of a test. */
export class BrowserDied extends Error {
  name = 'BrowserDied';
}

/** `promise`, or BrowserDied as soon as `gone` resolves (with the reason). Its own errors go through `isGone`. */
export async function unlessDied(promise, gone, isGone) {
  try {
    return await Promise.race([
      promise,
      gone.then((reason) => {
        throw new BrowserDied(reason);
      }),
    ]);
  } catch (error) {
    if (error instanceof BrowserDied || !(await isGone(error))) throw error;
    throw new BrowserDied(error.message, { cause: error });
  }
}
