import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, formatAddress, parseAddress } from '../../../page/state/address-text.ts';

const roundTrip = (address: Address, before = ''): Address => parseAddress(formatAddress(address, before));

/** Every code unit, in ids of 256, and what is odd otherwise. */
const oddIds = [
  ...Array.from({ length: 256 }, (_, block) =>
    String.fromCharCode(...Array.from({ length: 256 }, (_, unit) => block * 256 + unit)),
  ),
  '@list.txt',
  ' ',
  '  two  spaces  ',
  'a#b',
  '100%',
  '%41',
  '%',
  'a+b c',
  'a&like=b',
  'a=b;c',
  '?like=x',
  '../..',
  'C:\\Users\\ud800\\n',
  '\\',
  '\\\\ud800',
  '\\ud800',
  '\ud800',
  '\udc00\ud800',
  '\udfff\\\udbff',
  '照片/一.jpg',
  'e\u0301.jpg',
  '\u00e9.jpg',
  '😀/1.jpg',
  '\ufeffbom',
  '\r\n\t\0',
  '__proto__',
  'constructor',
  'null',
  'x'.repeat(5000),
];

test('any id comes back from an address, alone and among others', () => {
  for (const id of oddIds) {
    const query = [
      { id, weight: 1 as const },
      { id: 'a', weight: 1 as const },
      { id, weight: -1 as const, region: { x: 0, y: 1, width: 2, height: 3 } },
    ];
    const address: Address = { view: 'pictures', query, picture: id, folder: id, name: id };
    assert.deepEqual(roundTrip(address), address);
    // As a browser holds it.
    const url = new URL(formatAddress(address, ''), 'http://localhost/');
    assert.deepEqual(parseAddress(url.search), address);
    assert.equal(url.hash, '');
  }
});

test('all that an address has comes back, and what is not ours stays', () => {
  const address: Address = {
    view: 'duplicates',
    query: [
      { id: 'a', weight: 1 },
      { file: '0123456789abcdef', weight: 1, region: { x: 4, y: 0, width: 1, height: 900_000 } },
      { id: 'a', weight: -1 },
      { file: 'fedcba9876543210', weight: -1 },
    ],
    maxDistance: 0.65,
    folder: 'Holiday/beach',
    name: 'img',
    sort: 'date',
    picture: 'Holiday/beach/1.jpg',
    threshold: 0,
  };
  assert.deepEqual(roundTrip(address), address);
  const before = '?model=vgg16&like=gone&within=1&device=wasm&device=webgpu&empty=';
  const text = formatAddress(address, before);
  const parameters = new URLSearchParams(text);
  assert.deepEqual(parameters.getAll('device'), ['wasm', 'webgpu']);
  assert.equal(parameters.get('model'), 'vgg16');
  assert.equal(parameters.get('empty'), '');
  assert.deepEqual(parseAddress(text), address);
  assert.equal(formatAddress(parseAddress(text), text), text);
});

test('the address of all pictures is empty', () => {
  assert.deepEqual(parseAddress(''), { view: 'pictures', query: [] });
  assert.equal(formatAddress({ view: 'pictures', query: [] }, ''), '');
  assert.equal(formatAddress({ view: 'pictures', query: [], folder: '', name: '' }, '?like=a'), '');
});

test('what cannot be understood is passed over', () => {
  const all: Address = { view: 'pictures', query: [] };
  for (const search of [
    '?',
    '?like=',
    '?like&unlike-file=&region=1,2,3,4',
    '?view=settings&sort=size',
    '?within=',
    '?within=-0.1',
    '?within=2.5',
    '?within=NaN',
    '?within=Infinity',
    '?threshold=a',
    '?region=1,2,3,4',
    '?LIKE=a',
    '?%',
    '?toString=1&__proto__=2',
    '?picture=&folder=&name=',
  ])
    assert.deepEqual(parseAddress(search), all, search);
  for (const region of [
    '1,2,3',
    '1,2,3,4,5',
    '1,2,0,4',
    '1,2,3,-4',
    '1.5,2,3,4',
    'a,b,c,d',
    ',,,',
    '1e2,0,1,1',
    '9007199254740993,0,1,1',
    '0x10,0,1,1',
  ])
    assert.deepEqual(parseAddress(`?like=a&region=${region}`).query, [{ id: 'a', weight: 1 }], region);
});

test('a region is of the picture before it', () => {
  assert.deepEqual(parseAddress('?like=a&unlike=b&region=1,2,3,4&like=').query, [
    { id: 'a', weight: 1 },
    { id: 'b', weight: -1, region: { x: 1, y: 2, width: 3, height: 4 } },
  ]);
  assert.deepEqual(parseAddress('?like=a&like=&region=1,2,3,4').query, [{ id: 'a', weight: 1 }]);
});

test('typed addresses are read as they are meant', () => {
  assert.deepEqual(parseAddress('?like=a b/c.jpg').query, [{ id: 'a b/c.jpg', weight: 1 }]);
  assert.deepEqual(parseAddress('?like=100%.jpg').query, [{ id: '100%.jpg', weight: 1 }]);
  assert.deepEqual(parseAddress('?like=C:\\photos\\use.jpg').query, [
    { id: 'C:\\photos\\use.jpg', weight: 1 },
  ]);
  assert.equal(parseAddress('?within=0').maxDistance, 0);
  assert.equal(parseAddress('?within=2').maxDistance, 2);
});
