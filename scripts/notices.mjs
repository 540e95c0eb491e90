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
  fflate: ['node_modules/fflate/LICENSE'],
  h5wasm: ['node_modules/h5wasm/LICENSE.txt'],
  'hash-wasm': ['node_modules/hash-wasm/LICENSE'],
  'onnxruntime-web': ['licenses/onnxruntime.txt'],
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
