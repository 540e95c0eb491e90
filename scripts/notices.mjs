// The licences of what the built package holds of other projects: dist/web/LICENSES.txt, which goes with every copy of
// that folder.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** Packages that are bundled, each with the files of its licence: its own, or where it has none, ours in `licenses/`. */
const bundled = {
  '@cwasm/jpeg-turbo': ['licenses/jpeg-turbo.txt'],
  '@jsquash/avif': ['licenses/avif.txt', 'node_modules/@jsquash/avif/LICENSE'],
  '@jsquash/webp': ['licenses/webp.txt', 'node_modules/@jsquash/webp/LICENSE'],
  boolbase: ['node_modules/boolbase/LICENSE'],
  'css-select': ['node_modules/css-select/LICENSE'],
  'css-what': ['node_modules/css-what/LICENSE'],
  'dom-serializer': ['node_modules/dom-serializer/LICENSE'],
  domelementtype: ['node_modules/domelementtype/LICENSE'],
  domhandler: ['node_modules/domhandler/LICENSE'],
  domutils: ['node_modules/domutils/LICENSE'],
  entities: ['node_modules/entities/LICENSE'],
  fflate: ['node_modules/fflate/LICENSE'],
  h5wasm: ['node_modules/h5wasm/LICENSE.txt'],
  htmlparser2: ['node_modules/htmlparser2/LICENSE'],
  'hash-wasm': ['node_modules/hash-wasm/LICENSE'],
  'nth-check': ['node_modules/nth-check/LICENSE'],
  'onnxruntime-web': ['licenses/onnxruntime.txt'],
  parse5: ['node_modules/parse5/LICENSE'],
  'parse5-htmlparser2-tree-adapter': ['node_modules/parse5-htmlparser2-tree-adapter/LICENSE'],
  picomatch: ['node_modules/picomatch/LICENSE'],
};

const rule = `\n${'='.repeat(100)}\n`;

export function writeNotices() {
  const parts = Object.entries(bundled).map(([name, files]) => {
    const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
    return [`${name} ${version}`, ...files.map((file) => readFileSync(join(root, file), 'utf8').trim())].join(
      '\n\n',
    );
  });
  const own = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  const begin = `Likeness\n\n${own}\n\nIt holds code of other projects, under the licences that follow.`;
  writeFileSync(join(root, 'dist/web/LICENSES.txt'), `${[begin, ...parts].join(`\n${rule}\n`)}\n`);
}

/** For esbuild: refuses to bundle a package whose licence is not in the list. */
export const knownPackages = {
  name: 'known packages',
  setup(build) {
    build.initialOptions.metafile = true;
    build.onEnd(({ metafile }) => {
      for (const path of Object.keys(metafile?.inputs ?? {})) {
        const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1];
        if (name && !Object.hasOwn(bundled, name))
          return { errors: [{ text: `${name} is bundled, but its licence is not in scripts/notices.mjs` }] };
      }
    });
  },
};
