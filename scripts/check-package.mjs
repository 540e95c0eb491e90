// What publint and Are The Types Wrong? say of the packed package.
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Ways of resolving that a package of ES modules with `exports` does not serve: TypeScript's `node10`, and `require`. */
const others = new Set(['node10', 'node16-cjs']);

/** @returns {Promise<string[]>} what is wrong, as sentences; empty when nothing is */
export async function packageProblems({ archive, manifest }) {
  const tarball = readFileSync(archive);
  const { messages } = await publint({ pack: { tarball: arrayBufferOf(tarball) }, strict: true });
  const typed = Object.keys(manifest.exports).filter((name) => hasTypes(manifest.exports[name]));
  const { problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)), {
    entrypoints: typed,
  });
  if (problems === undefined) return ['Are The Types Wrong?: the package has no types'];
  return [
    ...messages.map((message) => `publint: ${formatMessage(message, manifest)}`),
    ...problems
      .filter(({ resolutionKind, resolutionOption }) => !others.has(resolutionKind ?? resolutionOption))
      .map((problem) => `Are The Types Wrong?: ${JSON.stringify(problem)}`),
  ];
}

const arrayBufferOf = ({ buffer, byteOffset, byteLength }) =>
  buffer.slice(byteOffset, byteOffset + byteLength);

/** Whether some condition of an export names declarations. */
const hasTypes = (conditions) =>
  typeof conditions === 'object' &&
  conditions !== null &&
  Object.entries(conditions).some(([condition, value]) => condition === 'types' || hasTypes(value));
