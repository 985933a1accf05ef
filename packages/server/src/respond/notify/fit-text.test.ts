import { describe, expect, it } from "vitest";

import { escapeHtml, fitBytes, fitCharacters, fitLine, htmlToText, tidyText } from "./fit-text.ts";

describe("text for people", () => {
  it.each([
    ["spaces at its ends", "  a b \n", "a b"],
    ["line feeds and tabs inside", "a\n\tb", "a\n\tb"],
    ["bells, escapes and carriage returns", "a\u0007\u001b[31mb\r\n", "a[31mb"],
    ["overrides of direction", "safe\u202egnp.exe\u2066\u2069", "safegnp.exe"],
    ["letters that run from right to left", "שלום عالم", "שלום عالم"],
    ["halves of characters", "a\ud83d b \udc00", "a\ufffd b \ufffd"],
    ["whole ones", "🔥👩‍👩‍👧", "🔥👩‍👩‍👧"],
  ])("keeps or loses %s", (_what, text, expected) => {
    expect(tidyText(text)).toBe(expected);
  });

  it.each([
    ["abcdef", 6, "abcdef"],
    ["abcdefg", 6, "abcde…"],
    ["abcd   efg", 6, "abcd…"],
    ["🔥🔥🔥", 6, "🔥🔥🔥"],
    ["🔥🔥🔥🔥", 6, "🔥🔥…"],
    ["🔥🔥🔥🔥", 5, "🔥🔥…"],
    ["", 5, ""],
    ["\u0000".repeat(1000), 5, "…"],
  ])("fits %j into %i characters as %j", (text, max, expected) => {
    expect(fitCharacters(text, max)).toBe(expected);
    expect(fitCharacters(text, max).length).toBeLessThanOrEqual(max);
  });

  it.each([
    ["abcdef", 6, "abcdef"],
    ["abcdefg", 6, "abc…"],
    ["ääää", 8, "ääää"],
    ["äääää", 8, "ää…"],
    ["🔥🔥", 8, "🔥🔥"],
    ["🔥🔥🔥", 8, "🔥…"],
    ["a\ud83d", 4, "a\ufffd"],
  ])("fits %j into %i bytes as %j", (text, max, expected) => {
    expect(fitBytes(text, max)).toBe(expected);
    expect(Buffer.byteLength(fitBytes(text, max))).toBeLessThanOrEqual(max);
  });

  it("makes one line of many", () => {
    expect(fitLine("a\r\n\n b\tc", 100)).toBe("a b c");
  });

  it("does not look at all of a megabyte", () => {
    const text = "🔥\u0000".repeat(500_000);
    const startedMs = performance.now();
    for (let i = 0; i < 200; i++) fitCharacters(text, 4096);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});

describe("HTML", () => {
  it("is escaped so that nothing of it stays markup", () => {
    expect(escapeHtml(`<a href="x" id='y'>&amp;</a>`)).toBe(
      "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;",
    );
  });

  it.each([
    ["<b>a</b> &lt;b&gt; &amp;amp; &#39;&#x27;", "a <b> &amp; ''"],
    ["one<br>two<br/>three</p>four", "one\ntwo\nthree\nfour"],
    ['<a href="https://x/?a>b">link</a>', "link"],
    ["1 < 2 and &unknown; &#0; &#99999999;", "1 < 2 and &unknown; &#0; &#99999999;"],
    ["<".repeat(5), "<<<<<"],
    ["&constructor; &__proto__;", "&constructor; &__proto__;"],
  ])("says of %j %j", (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  it("with a hundred thousand open tags is read in time", () => {
    const startedMs = performance.now();
    htmlToText("<a '".repeat(100_000));
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});
