import { readdirSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright';
import { encodeNpy } from '../../src/python/npy.ts';
import { samples } from './cli.ts';

export const sampleFiles: readonly string[] = readdirSync(samples).slice(0, 12);
export const sample = (n: number): string => join(samples, sampleFiles[n]!);

/** Waits until the page shows so many pictures, all of which can be found, and nothing is under way. */
export async function shows(page: Page, count: number): Promise<void> {
  const text = count === 1 ? '1 picture' : `${count} pictures`;
  try {
    await page.waitForFunction(
      (wanted) =>
        document.querySelector('#pictures-title')?.textContent === wanted &&
        !document.querySelector('#progress') &&
        !document.querySelector('#go-on'),
      text,
    );
  } catch (error) {
    const there = await page.innerText('body');
    throw new Error(`wanted "${text}"; the page says: ${there.slice(0, 600)}`, { cause: error });
  }
}

/** Ids of all pictures: the window is so high that all are drawn. */
export async function ids(page: Page): Promise<string[]> {
  const { width, height } = page.viewportSize()!;
  await page.setViewportSize({ width, height: 20_000 });
  const found = await page.waitForFunction(() => {
    const drawn = [...document.querySelectorAll<HTMLElement>('.rows [data-id]')];
    const all = Number(/\d+/.exec(document.querySelector('#pictures-title')!.textContent!)![0]);
    return drawn.length === all && drawn.map((cell) => cell.dataset.id!).sort();
  });
  await page.setViewportSize({ width, height });
  return (await found.jsonValue()) as string[];
}

export const alerts = (page: Page): Promise<string[]> => page.getByRole('alert').allInnerTexts();

/** Drops files and folders as the file manager does. */
export async function drop(page: Page, ...paths: string[]): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const send = (type: 'dragEnter' | 'dragOver' | 'drop') => {
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    return client.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  };
  await send('dragEnter');
  // A hand moves until the page shows that it takes it; before, a drop would be refused by the browser.
  do {
    await send('dragOver');
    await page.waitForTimeout(100);
  } while ((await page.locator('#drop').count()) === 0);
  await send('dragOver');
  await send('drop');
  await page.waitForFunction(() => !document.querySelector('#drop'));
  await client.detach();
}

/** Files by their path in a folder: a sample's number, or bytes. */
export async function write(
  folder: string,
  contents: Record<string, number | string | Uint8Array>,
): Promise<void> {
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    if (typeof content === 'number') await cp(sample(content), join(folder, path));
    else await writeFile(join(folder, path), content);
  }
}

/** A picture of one colour: all of them have the same size. */
export function bmp(colour: number): Uint8Array {
  const side = 16;
  const bytes = new Uint8Array(54 + side * side * 3);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  for (const [n, value] of [40, side, side].entries()) view.setUint32(14 + 4 * n, value, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let at = 54; at < bytes.length; at += 3) bytes.set([colour, colour >> 3, 255 - colour], at);
  return bytes;
}

/** The ids of exact copies of a file that is asked for. */
export async function copiesOf(page: Page, file: string): Promise<string[]> {
  await page.setInputFiles('#query-file', file);
  await page.waitForSelector('.results[aria-busy="false"] .copies [data-id]', { state: 'attached' });
  const found = await page
    .locator('.copies [data-id]')
    .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.id!));
  await page.click('#back');
  return found;
}

/** Drops features.npy, which holds `values` as `count` rows: pictures without files, as many as one likes. */
export async function dropFeatures(page: Page, values: Float32Array, count: number): Promise<void> {
  const npy = encodeNpy(values, [count, values.length / count]);
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], 'features.npy'));
    dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }, Buffer.from(npy).toString('base64'));
}

/** Waits until pictures of the list can be found: results that are opened before keep those that come later behind a button. */
export const areFound = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction(
    (wanted) => document.querySelectorAll('.rows .cell:not(.waiting)').length === wanted,
    count,
  );

/** Ids of the pictures that are drawn, as they are listed. */
export const listed = (page: Page): Promise<string[]> =>
  page.locator('.rows [data-id]').evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.id!));

/** Makes the browser one that keeps no folders: a person chooses them again. */
export async function withoutKeptFolders(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, 'showDirectoryPicker');
  });
  await page.reload();
}
