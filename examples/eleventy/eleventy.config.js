import { readFileSync } from 'node:fs';

const photos = JSON.parse(readFileSync('photos.json', 'utf8'));

export default function (config) {
  config.addGlobalData(
    'photos',
    photos.map(({ name, title }) => ({ title, url: `/${name}/`, src: `/photos/${name}.jpg` })),
  );
  config.addPassthroughCopy({ photos: 'photos', 'src/style.css': 'style.css' });
  return { dir: { input: 'src' } };
}
