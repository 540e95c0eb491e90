import { LazyNetwork } from '../../src/engine/lazy-network.ts';
import type { Extractor } from '../../src/network/extractor.ts';
import type { Manifest } from '../../src/network/manifest.ts';

/** A network that is loaded, for an engine. What a test needs not of it may be missing. */
export function loadedNetwork(
  extractor: Partial<Omit<Extractor, 'manifest'>> & { manifest: Partial<Manifest> },
): LazyNetwork {
  const { manifest, dimension } = extractor;
  const whole = { ...extractor, manifest: { output: { name: 'features', dimension }, ...manifest } };
  return LazyNetwork.of({
    extractor: whole as Extractor,
    reason: 'test',
    modelFiles: { where: 'memory', warnings: [] },
  });
}
