import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Zippable, zipSync } from 'fflate';
import { blobFile, bytesFile, type RandomAccess } from '../../../src/base/random-access.ts';
import { npyHeader, parseNpyMatrix } from '../../../src/python/npy.ts';
import { openNpyRows } from '../../../src/python/npy-rows.ts';
import { openNpz, readNpz } from '../../../src/python/npz.ts';
import { readFixture } from '../../support/fixture.ts';

const fixture = (name: string) => readFixture(`npz/${name}`);

async function allRows(file: RandomAccess): Promise<{ rows: number; columns: number; values: number[] }> {
  const { rows, columns, blocks } = await openNpyRows(file);
  const values: number[] = [];
  for await (const block of blocks()) values.push(...block);
  return { rows, columns, values };
}

/** A file that notes how much was asked for at once, and in all. */
function watched(file: RandomAccess): RandomAccess & { largest: number; total: number } {
  const watch = {
    largest: 0,
    total: 0,
    size: () => file.size(),
    read(at: number, into: Uint8Array) {
      watch.largest = Math.max(watch.largest, into.length);
      watch.total += into.length;
      return file.read(at, into);
    },
  };
  return watch;
}

/** Archives of NumPy's: stored, deflated, Fortran-ordered, with ZIP64 records (written with the writer's limits lowered). */
const written: [file: string, array: string | undefined][] = [
  ['stored.npz', 'features'],
  ['packed.npz', 'features'],
  ['fortran-stored.npz', undefined],
  ['fortran-packed.npz', 'features'],
  ['one.npz', undefined],
  ['zip64-stored.npz', 'features'],
  ['zip64-packed.npz', 'features'],
];

describe('npz', () => {
  test('reads what NumPy wrote, from memory and from a Blob', async () => {
    const { rows, columns, values } = parseNpyMatrix(await fixture('features.npy'));
    const wanted = { rows, columns, values: [...values] };
    for (const [name, array] of written) {
      const bytes = await fixture(name);
      for (const file of [bytesFile(bytes), blobFile(new Blob([bytes]))]) {
        assert.deepEqual(await allRows(await openNpz(file, array)), wanted, name);
      }
      assert.deepEqual(
        [...parseNpyMatrix(await readNpz(bytesFile(bytes), array)).values],
        wanted.values,
        name,
      );
    }
  });

  test('names what it holds', async () => {
    const bytes = await fixture('stored.npz');
    await assert.rejects(openNpz(bytesFile(bytes)), {
      code: 'not-found',
      message: /holds other, features; name/,
    });
    await assert.rejects(openNpz(bytesFile(bytes), 'labels'), {
      code: 'not-found',
      message: /no array "labels".*holds other, features/,
    });
    await assert.rejects(openNpz(bytesFile(zipSync({ 'a.txt': new Uint8Array(9) }))), {
      code: 'not-found',
      message: /holds none/,
    });
  });

  test('any changed byte of an array is noticed, and the array named', async () => {
    for (const [name, array] of written) {
      const whole = await fixture(name);
      const text = String.fromCharCode(...whole);
      // The array's own bytes lie between its local header and the directory.
      const from = text.indexOf('.npy', name.startsWith('fortran') || name === 'one.npz' ? 0 : 60) + 4 + 20;
      const to = text.indexOf('PK\x01\x02');
      for (let at = from; at < to; at += 7) {
        const bytes = whole.slice();
        bytes[at]! ^= 1;
        await assert.rejects(
          async () => allRows(await openNpz(bytesFile(bytes), array)),
          { code: 'bad-file' },
          `${name}, byte ${at}`,
        );
        await assert.rejects(
          readNpz(bytesFile(bytes), array),
          { message: /array "(features|arr_0)"/ },
          `${at}`,
        );
      }
    }
  });

  test('a wrong checksum is a refusal each time, whatever the order of reading', async () => {
    for (const name of ['fortran-stored.npz', 'fortran-packed.npz']) {
      const bytes = await fixture(name);
      const directory = String.fromCharCode(...bytes).indexOf('PK\x01\x02');
      bytes[directory + 16]! ^= 0x80;
      const file = await openNpz(bytesFile(bytes), 'features');
      for (let attempt = 0; attempt < 2; attempt++) {
        await assert.rejects(allRows(file), {
          code: 'bad-file',
          message: /the array "features" has the CRC-32 [0-9a-f]{8}, its directory says [0-9a-f]{8}/,
        });
      }
    }
  });

  test('truncated anywhere: a refusal', async () => {
    for (const name of ['stored.npz', 'packed.npz', 'zip64-packed.npz']) {
      const whole = await fixture(name);
      for (let length = 0; length < whole.length; length += length < whole.length - 120 ? 11 : 1) {
        await assert.rejects(
          async () => allRows(await openNpz(bytesFile(whole.slice(0, length)), 'features')),
          { code: 'bad-file' },
          `${name}, ${length} bytes`,
        );
      }
    }
  });

  test('an array that the directory calls empty is refused', async () => {
    for (const level of [0, 6] as const) {
      const zip = zipSync({ 'features.npy': await readFixture('npy/version-2.npy') }, { level });
      const directory = new DataView(zip.buffer, zip.byteOffset).getUint32(zip.length - 6, true);
      const sizes = new DataView(zip.buffer, zip.byteOffset + directory + 20);
      if (level === 0) sizes.setUint32(0, 0, true);
      sizes.setUint32(4, 0, true);
      await assert.rejects(readNpz(bytesFile(zip)), { code: 'bad-file', message: /"features" is empty/ });
    }
  });

  test('other compressions and encryption: what it is', async () => {
    const open = async (bytes: Uint8Array): Promise<RandomAccess> => openNpz(bytesFile(bytes), 'features');
    await assert.rejects(open(await fixture('bzip2.npz')), {
      code: 'bad-file',
      message: /packed with bzip2/,
    });
    await assert.rejects(open(await fixture('lzma.npz')), { code: 'bad-file', message: /packed with LZMA/ });
    const changed = async (offset: number, value: number): Promise<Uint8Array> => {
      const bytes = await fixture('fortran-packed.npz');
      bytes[String.fromCharCode(...bytes).indexOf('PK\x01\x02') + offset] = value;
      return bytes;
    };
    await assert.rejects(open(await changed(8, 1)), { code: 'bad-file', message: /encrypted/ });
    await assert.rejects(open(await changed(10, 77)), { code: 'bad-file', message: /method 77/ });
    // A size that the bytes cannot come to.
    await assert.rejects(open(await changed(27, 0x70)), { code: 'bad-file', message: /cannot come to/ });
    await assert.rejects(readNpz(bytesFile(await changed(24, 1))), {
      code: 'bad-file',
      message: /unpacks to more bytes, its directory says/,
    });
  });

  test('archives of fflate, with a comment and with other files', async () => {
    const npy = await fixture('features.npy');
    const { values } = parseNpyMatrix(npy);
    for (const level of [0, 6] as const) {
      const files: Zippable = { 'read me.txt': new Uint8Array(99), 'sub/ä.npy': npy };
      const zip = zipSync(files, { level, comment: 'of somebody' });
      assert.deepEqual([...parseNpyMatrix(await readNpz(bytesFile(zip))).values], [...values]);
      assert.deepEqual((await allRows(await openNpz(bytesFile(zip), 'sub/ä'))).values, [...values]);
    }
  });

  test('an array of 32 MiB goes through a few chunks, stored and deflated, in both orders', async () => {
    const rows = 8192;
    const columns = 1024;
    const header = npyHeader([rows, columns]);
    const fortran = header.slice();
    fortran.set(
      new TextEncoder().encode("'fortran_order': True, "),
      String.fromCharCode(...header).indexOf("'fortran"),
    );
    for (const [level, head] of [
      [0, header],
      [1, header],
      [0, fortran],
      [1, fortran],
    ] as const) {
      const npy = new Uint8Array(head.length + 4 * rows * columns);
      npy.set(head);
      const data = new Uint32Array(npy.buffer, head.length);
      // Rows that tell themselves apart, and pack well.
      for (let row = 0; row < rows; row++) data[head === header ? row * columns : row] = row;
      const file = watched(bytesFile(zipSync({ 'a.npy': [npy, { level }] })));
      const matrix = await openNpyRows(await openNpz(file, 'a'));
      let largestBlock = 0;
      let row = 0;
      for await (const block of matrix.blocks()) {
        largestBlock = Math.max(largestBlock, block.byteLength);
        const words = new Uint32Array(block.buffer);
        for (let n = 0; n < words.length; n += columns) assert.equal(words[n], row++);
      }
      assert.equal(row, rows);
      assert.ok(file.largest <= 16 << 20, `${file.largest} bytes at once`);
      assert.ok(largestBlock <= (head === header ? 16 << 20 : 128 << 20));
      // Read once, whatever the order.
      const size = await file.size();
      assert.ok(file.total < 1.01 * size + (1 << 20), `${file.total} bytes of ${size}`);
    }
  });
});
