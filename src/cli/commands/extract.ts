import { resolve } from 'node:path';
import { networkInput } from '../../api/image-search.node.ts';
import type { OpenOptions } from '../../api/options.ts';
import { placeForFile } from '../../output/place.node.ts';
import { writeFileAt } from '../../output/write-file.node.ts';
import { encodeNpy } from '../../python/npy.ts';
import { checkInput } from '../input-file.ts';
import { openSearch } from '../open-search.ts';
import { print } from '../print.ts';

interface Options extends Pick<OpenOptions, 'backend' | 'threads' | 'exif'> {
  output: string;
  model: string;
}

/** `likeness features <image> -o f.npy`: the normalised feature vector, float32, shape (d,). */
export async function features(image: string, options: Options): Promise<void> {
  await checkInput(image);
  const place = await placeForFile(options.output, { option: '-o', kind: 'npy', apartFrom: [image] });
  await using search = await openSearch(options);
  const vector = await search.extract(resolve(image));
  await writeFileAt(place, encodeNpy(vector, [vector.length]));
  print(`${options.output}: float32 ${vector.length}`);
}

/** `likeness tensor <image> -o x.npy`: what the network is fed, float32, shape (1, 3, H, W). */
export async function tensor(image: string, options: Omit<Options, 'backend' | 'threads'>): Promise<void> {
  await checkInput(image);
  const place = await placeForFile(options.output, { option: '-o', kind: 'npy', apartFrom: [image] });
  const { data, shape } = await networkInput(resolve(image), options);
  await writeFileAt(place, encodeNpy(data, shape));
  print(`${options.output}: float32 ${shape.join(' × ')}`);
}
