/** For each tree: those who want to know of changes of its images, and the one observer of all. */
const watched = new Map<Node, { observer: MutationObserver; watchers: Set<() => void> }>();

/**
 * Tells of images that come, go, get another id or show something else, in a tree of the page.
 *
 * @returns ends it
 */
export function watchImages(tree: Node, changed: () => void): () => void {
  let entry = watched.get(tree);
  if (!entry) {
    const watchers = new Set<() => void>();
    const observer = new MutationObserver(() => {
      for (const tell of watchers) tell();
    });
    observer.observe(tree, { subtree: true, childList: true, attributeFilter: ['id', 'src', 'srcset'] });
    entry = { observer, watchers };
    watched.set(tree, entry);
  }
  const { observer, watchers } = entry;
  watchers.add(changed);
  return () => {
    watchers.delete(changed);
    if (watchers.size > 0 || watched.get(tree)?.observer !== observer) return;
    observer.disconnect();
    watched.delete(tree);
  };
}
