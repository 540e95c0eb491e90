import { test } from 'node:test';
import { root, withFolder } from '../support/cli.ts';
import { installPackage } from '../support/installed-package.ts';
import { checkPlaces, layPrograms } from '../support/node-places.ts';

test('installed, the package runs as a module, by require, in a worker, and with no permission but to read', () =>
  withFolder(async (folder) => {
    await installPackage(folder);
    layPrograms(folder);
    await checkPlaces(process.execPath, folder, [root]);
  }));
