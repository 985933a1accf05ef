import { describe, expect, it } from "vitest";

import { expandNow, GoMap, HtmlOutput, SafeText, TemplateParser } from "./index.ts";

const parser = new TemplateParser(() => false);
const html = (template: string, value: string) =>
  expandNow(parser.parse("x", template), GoMap.ofStrings({ v: value }), {
    functions: new Map(),
    output: new HtmlOutput(),
    html: true,
  });

describe("values in HTML", () => {
  it.each([
    ["<p>{{ .v }}</p>", `<a href="x">'&+`, "<p>&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#43;</p>"],
    [`<p title="{{ .v }}">`, `" onclick="y`, `<p title="&#34; onclick=&#34;y">`],
    ["<p title='{{ .v }}'>", "' onclick='y", "<p title='&#39; onclick=&#39;y'>"],
    ["<p title={{ .v }}>", "x onclick=y", "<p title=x&#32;onclick&#61;y>"],
    ["<p title={{ .v }}>", "", "<p title=ZgotmplZ>"],
    ["<p {{ .v }}=1>", "onclick", "<p ZgotmplZ=1>"],
    ["<p {{ .v }}=1>", "a><script", "<p ZgotmplZ=1>"],
    [`<a href="{{ .v }}">`, "javascript:alert(1)", `<a href="#ZgotmplZ">`],
    [`<a href="{{ .v }}">`, " JavaScript:alert(1)", `<a href="#ZgotmplZ">`],
    [`<a href="{{ .v }}">`, "data:text/html,x", `<a href="#ZgotmplZ">`],
    [
      `<a href="{{ .v }}">`,
      `https://h/"><b>?a=b&c`,
      `<a href="https://h/%22%3e%3cb%3e?a=b&amp;c">`,
    ],
    [`<a href="/s?q={{ .v }}">`, "a b&c=d", `<a href="/s?q=a%20b%26c%3dd">`],
    [`<a href="{{ .v }}">`, "/path:with:colons", `<a href="/path:with:colons">`],
    [`<img srcset="{{ .v }}">`, "a, javascript:x", `<img srcset="#ZgotmplZ">`],
    [`<p style="color:{{ .v }}">`, "red", `<p style="color:red">`],
    [`<p style="color:{{ .v }}">`, "red;background:url(x)", `<p style="color:ZgotmplZ">`],
    [`<p style="width:{{ .v }}">`, "expression(alert(1))", `<p style="width:ZgotmplZ">`],
    ["<style>p{color:{{ .v }}}</style>", "</style><script>", "<style>p{color:ZgotmplZ}</style>"],
    [
      "<script>f({{ .v }})</script>",
      `</script>"'`,
      `<script>f("\\u003c/script\\u003e\\"\\u0027")</script>`,
    ],
    [
      `<script>f("{{ .v }}")</script>`,
      `");alert(1)//`,
      `<script>f("\\u0022\\u0029\\u003balert\\u00281\\u0029\\u002f\\u002f")</script>`,
    ],
    [`<script>// don't\nf('{{ .v }}')</script>`, "a", `<script>// don't\nf('a')</script>`],
    ["<script>f(`{{ .v }}`)</script>", "${alert(1)}", "<script>f(`ZgotmplZ`)</script>"],
    [`<p onclick="f({{ .v }})">`, `"`, `<p onclick="f(&#34;\\&#34;&#34;)">`],
    ["<title>{{ .v }}</title>{{ .v }}", "</title>", "<title>&lt;/title&gt;</title>&lt;/title&gt;"],
    ["a<!-- {{ .v }} -->b", "-->x", "ab"],
    ["1 < {{ .v }}", "script>", "1 &lt; script&gt;"],
    ["<{{ .v }}>", "script", "&lt;script>"],
    ['{{ if .v }}<p title="{{ end }}{{ .v }}">', `"`, `<p title="&#34;">`],
    ["{{ html .v }}", "<b>", "&lt;b&gt;"],
    ["{{ urlquery .v }}", "a b<", "a&#43;b%3C"],
  ])("%s with %j", (template, value, expected) => {
    expect(html(template, value)).toBe(expected);
  });

  it("may be declared safe for the place that they are in, and for no other", () => {
    const safe = (template: string, value: SafeText) =>
      expandNow(parser.parse("x", template), value, {
        functions: new Map(),
        output: new HtmlOutput(),
        html: true,
      });
    const bold = new SafeText("html", `<b title="x">y</b>`);
    expect(safe("<p>{{ . }}</p>", bold)).toBe(`<p><b title="x">y</b></p>`);
    expect(safe(`<p title="{{ . }}">`, bold)).toBe(`<p title="y">`);
    expect(safe("<title>{{ . }}</title>", bold)).toBe("<title>y</title>");
    expect(safe(`<a href="{{ . }}">`, new SafeText("url", "tel:123"))).toBe(`<a href="tel:123">`);
    expect(safe("<p>{{ . }}</p>", new SafeText("url", "<b>"))).toBe("<p>&lt;b&gt;</p>");
  });
});
