import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributes, escapeText, html, htmlText } from './html.ts';
import { localUrl } from './safe-url.ts';

describe('html', () => {
  it('N69: escapes every character that could leave text or a quoted attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeText(text);
        expect(escaped).not.toMatch(/[<>"'`]/);
        expect(escaped.replace(/&#\d+;/g, '')).not.toContain('&');
        expect(escaped.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))).toBe(text);
      }),
    );
  });

  it('escapes text in content and in attributes', () => {
    const hostile = '"><script>alert(1)</script>';
    expect(htmlText(html`<p title="${hostile}">${hostile}</p>`)).toBe(
      `<p title="${escapeText(hostile)}">${escapeText(hostile)}</p>`,
    );
  });

  it('puts markup of its own making as it is, and leaves nothing for undefined and false', () => {
    const items = [html`<li>${1}</li>`, html`<li>${'<'}</li>`];
    expect(htmlText(html`<ul>${items}</ul>${undefined}${false}`)).toBe('<ul><li>1</li><li>&#60;</li></ul>');
  });

  it('N69: does not take an object that only looks like markup', () => {
    const forged = JSON.parse('{"markup":"<script>"}');
    expect(() => html`<p>${forged}</p>`).toThrow(TypeError);
  });

  it.each([
    ['an unquoted attribute', () => html`<p title=${'x'}></p>`],
    ['a single-quoted attribute', () => html`<p title='${'x'}'></p>`],
    ['a tag name', () => html`<${'x'}></p>`],
    ['the rest of a tag name', () => html`<h${1}></p>`],
    ['the inside of a tag', () => html`<p ${'onclick=x'}></p>`],
    ['an event handler', () => html`<p onclick="${'x'}"></p>`],
    ['a style', () => html`<p style="${'x'}"></p>`],
    ['the inside of a script', () => html`<script>${'x'}</script>`],
    ['the inside of a style sheet', () => html`<style>${'x'}</style>`],
    ['a comment', () => html`<p><!-- ${'x'} --></p>`],
    ['markup inside an attribute', () => html`<p title="${html`<b>x</b>`}"></p>`],
    ['an unchecked address', () => html`<a href="${'javascript:alert(1)'}">x</a>`],
    ['a part of an address', () => html`<a href="/x?y=${localUrl('/z')}">x</a>`],
    ['an address as content', () => html`<p>${localUrl('/z')}</p>`],
  ])('N69: refuses a value in %s', (_, make) => {
    expect(make).toThrow(TypeError);
  });

  it('knows the place of a value after others in the same tag', () => {
    expect(
      htmlText(html`<a class="${'a>b'}" href="${localUrl('/x?a=1&b=2')}"${attributes({ hidden: true })}>${'<'}</a>`),
    ).toBe('<a class="a&#62;b" href="/x?a=1&#38;b=2" hidden>&#60;</a>');
  });
});

describe('attributes', () => {
  it('writes what is set and leaves out the rest', () => {
    expect(htmlText(html`<p${attributes({ id: 'a"b', hidden: true, title: undefined, lang: false })}></p>`)).toBe(
      '<p id="a&#34;b" hidden></p>',
    );
  });

  it.each([{ onclick: 'x' }, { style: 'x' }, { href: '/x' }, { 'x y': 'z' }])('N69: refuses %o', (values) => {
    expect(() => attributes(values)).toThrow(TypeError);
  });
});
