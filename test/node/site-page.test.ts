// What is read from a page: pictures with what they offer, their words, in any encoding, however broken the page is.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { textOf } from '../../src/site/html/encoding.ts';
import { type Page, readPage } from '../../src/site/html/page.ts';
import { selectorOf } from '../../src/site/html/select.ts';
import { parseSrcset } from '../../src/site/html/srcset.ts';

const read = (html: string, name = 'index.html'): Page => readPage(Buffer.from(html), name);
const urls = (html: string, name?: string): string[][] =>
  read(html, name).images.map(({ offers }) => offers.map(({ url }) => url));

describe('a page of a site', () => {
  test('an image, with what belongs to it', () => {
    const { title, base, images } = read(`<!doctype html><title> A\n  page &amp; more </title><base href=/x/>
      <figure><img src="a b.jpg" alt='&lt;b>not&nbsp;bold&lt;/b>' data-likeness-year-made=1920
        data-likeness-price="3 €" data-likeness-__proto__="x" data-other=1>
      <figcaption>In the <em>harbour</em><br>at noon<script>no()</script></figcaption></figure>
      <img src=b.jpg alt=""><title>second</title>`);
    assert.equal(title, 'A page & more');
    assert.equal(base, '/x/');
    assert.equal(images.length, 2);
    const [{ offers, alt, caption, meta, ignored }, second] = images as [
      Page['images'][0],
      Page['images'][0],
    ];
    assert.deepEqual(offers, [{ url: 'a b.jpg', density: 1 }]);
    assert.equal(alt, '<b>not\u00a0bold</b>');
    assert.equal(caption, 'In the harbour at noon');
    assert.equal(JSON.stringify(meta), '{"yearMade":"1920","price":"3 €","__proto__":"x"}');
    assert.equal(ignored, false);
    assert.deepEqual([second.alt, second.caption, second.meta], [undefined, undefined, {}]);
  });

  test('the largest offer comes first: by width, by density, the image’s own before its sources’', () => {
    assert.deepEqual(urls('<img src=s.jpg srcset="m.jpg 400w, l.jpg 800w, s.jpg 100w">'), [
      ['l.jpg', 'm.jpg', 's.jpg', 's.jpg'],
    ]);
    assert.deepEqual(urls('<img src=1.jpg srcset="2.jpg 2x, h.jpg 1.5x">'), [['2.jpg', 'h.jpg', '1.jpg']]);
    assert.deepEqual(
      urls(
        '<picture><source srcset="w.avif 800w, s.avif 400w" type=image/avif><source srcset=x.webp><img src=f.jpg srcset="f8.jpg 800w"></picture>',
      ),
      [['f8.jpg', 'w.avif', 's.avif', 'f.jpg', 'x.webp']],
    );
  });

  test('srcset as the standard reads it', () => {
    const cases: [string, unknown[]][] = [
      ['', []],
      [' , ,', []],
      ['a.jpg', [{ url: 'a.jpg', density: 1 }]],
      ['a,b.jpg 2x', [{ url: 'a,b.jpg', density: 2 }]],
      [
        'a.jpg,, b.jpg 3x',
        [
          { url: 'a.jpg', density: 1 },
          { url: 'b.jpg', density: 3 },
        ],
      ],
      [
        'data:image/png;base64,AAA= 1x, b.jpg 10w',
        [
          { url: 'data:image/png;base64,AAA=', density: 1 },
          { url: 'b.jpg', width: 10, density: 1 },
        ],
      ],
      ['a.jpg 10w 20h', [{ url: 'a.jpg', width: 10, density: 1 }]],
      [
        'a.jpg 1x 10w, b.jpg 0w, c.jpg -1x, d.jpg foo, e.jpg (1x, 2x), f.jpg 1.5x',
        [{ url: 'f.jpg', density: 1.5 }],
      ],
      ['a.jpg\n 1e1x', [{ url: 'a.jpg', density: 10 }]],
    ];
    for (const [text, wanted] of cases) assert.deepEqual(parseSrcset(text), wanted, text);
  });

  test('pictures that scripts load late are read where they stand', () => {
    assert.deepEqual(
      urls(
        '<img src="data:image/gif;base64,R0lG" data-src=a.jpg data-srcset="b.jpg 800w"><noscript><img src=a.jpg></noscript>',
      ),
      [['b.jpg', 'a.jpg', 'data:image/gif;base64,R0lG'], ['a.jpg']],
    );
  });

  test('what is in a template is not read, but for shadow roots; nor what is a comment or text', () => {
    assert.deepEqual(
      urls(`<template><img src=1.jpg></template><div><template shadowrootmode=open><img src=2.jpg></template></div>
        <!-- <img src=3.jpg> --><textarea><img src=4.jpg></textarea><script>'<img src=5.jpg>'</script><image src=6.jpg><img><img src=" ">`),
      [['2.jpg'], ['6.jpg'], [], []],
    );
  });

  test('data-likeness-ignore on an image, or around it', () => {
    const { images } = read(
      '<div data-likeness-ignore><p><img src=1.jpg></div><img src=2.jpg data-likeness-ignore><img src=3.jpg>',
    );
    assert.deepEqual(
      images.map(({ ignored }) => ignored),
      [true, true, false],
    );
  });

  test('broken HTML is read as browsers read it', () => {
    assert.deepEqual(urls('<img src=1.jpg<p><img/src="2.jpg"alt=x><IMG SRC=3.jpg'), [['1.jpg<p'], ['2.jpg']]);
    assert.deepEqual(urls('<table><img src=1.jpg><tr><td><img src="2.jpg'), [['1.jpg']]);
    assert.deepEqual(urls('</div></p><li><a><b><a><img src=1.jpg></b></a><img src=1.jpg src=2.jpg>'), [
      ['1.jpg'],
      ['1.jpg'],
    ]);
    assert.deepEqual(urls('<svg><title>no</title><img src=1.jpg></svg>'), [['1.jpg']]);
    assert.equal(read('<svg><title>no</title></svg><title>yes</title>').title, 'yes');
    assert.deepEqual(urls(''), []);
    assert.deepEqual(urls('\0\0<img src=1.jpg>'), [['1.jpg']]);
  });

  test('50,000 elements within each other', () => {
    const deep = '<div>'.repeat(50_000);
    assert.deepEqual(urls(`${deep}<figure><img src=1.jpg><figcaption>${'<i>'.repeat(10_000)}x`), [['1.jpg']]);
  });

  test('XHTML, where any element may close itself', () => {
    const xhtml = `<?xml version="1.0" encoding="ISO-8859-1"?><html xmlns="http://www.w3.org/1999/xhtml"><head>
      <title/><script src="x.js"/><title>d\u00e9j\u00e0 &eacute;</title></head><body><p/><img src="1.jpg" alt="&#233;"/></body></html>`;
    const { images, title } = readPage(Buffer.from(xhtml, 'latin1'), 'a.xhtml');
    assert.equal(images[0]?.alt, 'é');
    assert.equal(title, 'déjà é');
    assert.deepEqual(urls('<p><textarea/><img src="1.jpg"/></p>', 'A.XHTML'), [['1.jpg']]);
  });

  test('encodings', () => {
    const cases: [string, Buffer, string][] = [
      ['UTF-8', Buffer.from('é', 'utf8'), 'é'],
      ['UTF-8 with its mark', Buffer.from('\ufeffé', 'utf8'), 'é'],
      ['UTF-16 LE', Buffer.from('\ufeffé', 'utf16le'), 'é'],
      ['UTF-16 BE', Buffer.from('\ufeffé', 'utf16le').swap16(), 'é'],
      ['nothing said, no UTF-8', Buffer.from([0xe9, 0x20, 0x80]), 'é €'],
      ['meta charset', Buffer.from('<meta charset=gbk>\xc4\xe3', 'latin1'), '<meta charset=gbk>你'],
      [
        'Shift_JIS',
        Buffer.from('<META CHARSET="Shift_JIS">\x82\xa0', 'latin1'),
        '<META CHARSET="Shift_JIS">あ',
      ],
      [
        'windows-1252 as latin1',
        Buffer.from('<meta charset="iso-8859-1">\x80', 'latin1'),
        '<meta charset="iso-8859-1">€',
      ],
      [
        'http-equiv',
        Buffer.from('<meta http-equiv=Content-Type content="text/html; charset=koi8-r">\xc1', 'latin1'),
        '<meta http-equiv=Content-Type content="text/html; charset=koi8-r">а',
      ],
      ['in a comment', Buffer.from('<!-- <meta charset=gbk> -->é', 'utf8'), '<!-- <meta charset=gbk> -->é'],
      ['says UTF-16, is UTF-8', Buffer.from('<meta charset=utf-16>é', 'utf8'), '<meta charset=utf-16>é'],
      ['no such encoding', Buffer.from('<meta charset=klingon>é', 'utf8'), '<meta charset=klingon>é'],
    ];
    for (const [name, bytes, text] of cases) assert.equal(textOf(bytes), text, name);
  });

  test('a selector matches images', () => {
    const page = read(
      '<main><p><img class=a src=1.jpg><img class="a b" src=2.jpg></p></main><img src=3.jpg>',
    );
    const matching = (selector: string): number[] =>
      page.images.flatMap(({ element }, n) => (selectorOf(selector)(element) ? [n + 1] : []));
    assert.deepEqual(matching('main img'), [1, 2]);
    assert.deepEqual(matching('img.a:not(.b), body > img'), [1, 3]);
    assert.deepEqual(matching('main'), []);
    assert.deepEqual(matching('p:has(img.b) > :first-child'), [1]);
    for (const wrong of ['img[', ':nope(', ''])
      assert.throws(() => matching(wrong), /is no CSS selector/, wrong);
  });
});
