import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkMetaFilter } from '../../src/base/meta-filter.ts';
import { attributeOf, choiceOf, testOf, WrongAttribute } from '../../src/elements/choice.ts';

const withAttributes = (attributes: Record<string, string>): Element =>
  ({ getAttribute: (name: string) => attributes[name] ?? null }) as unknown as Element;
const choice = (filter?: unknown, exclude?: unknown) => {
  const texts = Object.entries({ filter: attributeOf(filter), exclude: attributeOf(exclude) });
  return choiceOf(
    withAttributes(Object.fromEntries(texts.filter(([, text]) => text !== undefined)) as never),
  );
};

describe('which pictures an element may show', () => {
  test('attributes and properties say what ImageSearch.query takes', () => {
    assert.deepEqual(choice(), {});
    assert.equal(testOf(choice()), undefined);
    assert.equal(testOf(choice(undefined, [])), undefined);
    const meta = {
      colour: ['red', null],
      year: { min: 2020 },
      sale: true,
      'a.b': { max: 'z', min: 'a' },
      x: null,
    };
    assert.deepEqual(choice({ meta }, new Set(['a'])), { filter: { meta }, exclude: ['a'] });
    assert.deepEqual(choice(['a', 'ü"]']), { filter: ['a', 'ü"]'] });
    assert.deepEqual(choice([]), { filter: [] });

    const takes = testOf(choice({ meta: { colour: 'red' } }, ['b']))!;
    assert.deepEqual(
      [
        takes('a', { colour: 'red' }),
        takes('b', { colour: 'red' }),
        takes('a', { colour: 'blue' }),
        takes('a', undefined),
      ],
      [true, false, false, false],
    );
    assert.equal(testOf(choice([]))!('a', undefined), false);
    assert.equal(testOf(choice(['a']))!('a', undefined), true);
  });

  test('what is wrong is refused by name, with what came and a right one', () => {
    for (const [text, words] of [
      ['', /^filter is ""; it has to be JSON, e\.g\. \{"meta":/],
      ["{'meta':{}}", /^filter is "\{'meta':\{\}\}"; it has to be JSON/],
      ['red', /it has to be JSON/],
      ['null', /^filter is null; it has to be like \{"meta"/],
      ['7', /^filter is 7;/],
      ['"a.jpg"', /^filter is "a.jpg";/],
      ['[1]', /^filter is \[1\];/],
      ['{"colour":"red"}', /^filter is \{"colour":"red"\};/],
      ['{"meta":{},"k":1}', /"k":1/],
      ['{"meta":[]}', /^filter is/],
      [
        '{"meta":{"year":{"from":2020}}}',
        /^filter\.meta\["year"\] is \{"from":2020\}; it has to be a value, a list/,
      ],
      ['{"meta":{"year":{"min":null}}}', /^filter\.meta\["year"\] is \{"min":null\}/],
      ['{"meta":{"year":{"min":1,"max":"2"}}}', /^filter\.meta/],
      ['{"meta":{"year":[[1]]}}', /^filter\.meta/],
    ] as const) {
      assert.throws(
        () => choiceOf(withAttributes({ filter: text })),
        (error: unknown) =>
          error instanceof WrongAttribute && error.code === 'bad-argument' && words.test(error.message),
        text,
      );
    }
    for (const exclude of ['a.jpg', '"a.jpg"', '{}', '[1]', 'null'])
      assert.throws(
        () => choiceOf(withAttributes({ exclude })),
        /^LikenessError: exclude is .*\["a\.jpg","b\.jpg"\]/,
      );
    // What JSON cannot hold.
    const loop: { meta?: unknown } = {};
    loop.meta = loop;
    for (const filter of [() => true, loop, 5n, Symbol.iterator, { meta: { year: { min: Number.NaN } } }])
      assert.throws(() => choice(filter), WrongAttribute, String(filter));
  });

  test('a condition is taken here where the library takes it', () => {
    const values = [
      1,
      'a',
      true,
      null,
      [],
      ['a', 1, null],
      [[]],
      [{}],
      {},
      { min: 1 },
      { max: 'b' },
      { min: 1, max: 2 },
    ];
    const more = [
      { min: 1, max: 'b' },
      { min: null },
      { min: true },
      { max: [] },
      { min: 1, more: 2 },
      { least: 1 },
    ];
    for (const condition of [...values, ...more]) {
      const is = (check: () => unknown): boolean => {
        try {
          check();
          return true;
        } catch {
          return false;
        }
      };
      const meta = { key: condition };
      assert.equal(
        is(() => choice({ meta })),
        is(() => checkMetaFilter(meta)),
        JSON.stringify(meta),
      );
    }
  });
});
