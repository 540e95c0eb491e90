declare const self: ServiceWorkerGlobalScope;

/** Deletes the caches of earlier builds as soon as this worker takes over. */
export function deleteOtherCaches(prefix: string, kept: string): void {
  self.addEventListener('activate', (event) => {
    event.waitUntil(
      caches
        .keys()
        .then((names) =>
          Promise.all(
            names
              .filter((name) => name.startsWith(prefix) && name !== kept)
              .map((name) => caches.delete(name)),
          ),
        ),
    );
  });
}
