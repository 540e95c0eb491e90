import { writeVgg16 } from '../../src/convert/write.ts';
import { memorySink } from './memory-sink.ts';
import { description, seededWeights } from './seeded-vgg16.ts';

/** A network of VGG16's layers that is small enough for a GPU in software: its files by name. */
export async function tinyModel(): Promise<Record<string, Buffer>> {
  const shape = {
    widths: [8, 8, 8, 8, 8] as [number, number, number, number, number],
    inputSize: 64,
    fc1: 64,
  };
  const sink = memorySink();
  await writeVgg16(seededWeights(shape, 3), description, 'f32', sink, {});
  return Object.fromEntries([...sink.contents()].map(([name, bytes]) => [name, Buffer.from(bytes)]));
}
