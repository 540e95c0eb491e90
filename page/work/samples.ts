import { type Picture, updatePictures } from '../state/pictures.ts';
import { explain } from '../state/tasks.ts';
import { indexMissing } from './indexing.ts';
import { samples, sampleUrl } from './sample-list.ts';

/** Adds the sample pictures, as if they were a folder of the person's. */
export function addSamples(): void {
  const pictures = Object.entries(samples).map(
    ([name, [width, height]]): Partial<Picture> & { id: string } => ({
      id: `Samples/${name}.jpg`,
      url: sampleUrl(name),
      width,
      height,
    }),
  );
  updatePictures(pictures);
  indexMissing().catch(explain);
}
