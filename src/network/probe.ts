import { LikenessError } from '../base/errors.ts';
import type { Extractor } from './extractor.ts';
import { probeInput } from './manifest.ts';

/** float32 sums over some thousand products differ by about 1e-6 of the largest value; a wrong kernel by far more. */
const tolerance = 1e-4;

/**
 * Has the extractor answer its model's known question.
 *
 * @throws LikenessError `no-backend` when the answer is wrong, `bad-model` when it is no number
 */
export async function probe(extractor: Extractor): Promise<void> {
  const { manifest, backend } = extractor;
  const input = probeInput(manifest.preprocessing);
  const features = await extractor.extract(input, 1);
  const isNumber = features.every(Number.isFinite);
  if (!isNumber && manifest.probe === undefined) {
    throw new LikenessError(
      'bad-model',
      `The network of ${manifest.fingerprint} gives what is no number on ${backend} for a known question: its weights hold NaN, or are too large.`,
    );
  }
  for (const [i, wanted] of (manifest.probe ?? []).entries()) {
    if (Math.abs(features[i]! - wanted) <= tolerance) continue;
    throw new LikenessError(
      'no-backend',
      `The network computes wrong features on ${backend} here: value ${i} of a known answer is ${features[i]}, ${wanted} is right.`,
    );
  }
}

/** Milliseconds that a picture takes; after {@link probe}, whose run also compiles and uploads. */
export async function timePicture(extractor: Extractor): Promise<number> {
  const input = probeInput(extractor.manifest.preprocessing);
  const start = performance.now();
  await extractor.extract(input, 1);
  return performance.now() - start;
}
