import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { TemplateError } from "#lib";

import { checkTemplate, expandPlain, expandTemplate } from "./template.ts";
import type { TemplateSample } from "./template-functions.ts";

/** Templates with what Prometheus makes of them, null for an error; `tests/peers` asks Prometheus for the same. */
const { answers, cases } = JSON.parse(
  readFileSync(new URL("template-cases.json", import.meta.url), "utf8"),
) as { answers: Record<string, TemplateSample[]>; cases: [string, string | null][] };

const data = {
  labels: { __name__: "up", instance: "web-1:90", job: "web" },
  externalLabels: { zone: "eu" },
  externalUrl: "http://prom:9090/base",
  value: 1,
};
const asked: [string, number][] = [];
const query = async (expr: string, timeMs: number) => {
  asked.push([expr, timeMs]);
  const answer = answers[expr];
  if (answer === undefined) throw new Error(`parse error in ${expr}`);
  return answer;
};
const expand = (text: string, over: Partial<typeof data> = {}) =>
  expandTemplate(text, { ...data, ...over }, { nowMs: 90_500, name: "__alert_A", query });

describe("templates of rules", () => {
  it.each(cases)("%s", async (text, expected) => {
    const result = await expand(text).catch((error: unknown) =>
      error instanceof TemplateError ? null : error,
    );
    expect(result).toEqual(expected);
  });

  it.each([
    ["{{ externalURL }} {{ pathPrefix }}", "http://prom:9090/base /base"],
    ["{{ now }}", "90.5"],
    ["{{ now | toTime }}", "1970-01-01 00:01:30.5 +0000 UTC"],
    ["{{ (5400 | toDuration).Hours }} {{ toDuration 90 }}", "1.5 1m30s"],
    ["{{ urlQueryEscape `a b&c` }}", "a+b%26c"],
    ["{{ define `t` }}<{{ . }}>{{ end }}{{ tmpl `t` $labels.job }}", "<web>"],
  ])("%s of newer versions", async (text, expected) => {
    expect(await expand(text)).toBe(expected);
  });

  it("asks for the moment of the evaluation", async () => {
    asked.length = 0;
    await expand("{{ query `up` | len }}");
    expect(asked).toEqual([["up", 90_500]]);
  });

  it("says in Prometheus' words what is wrong", async () => {
    await expect(expand("{{ $labels.job.x }}")).rejects.toThrow(
      'error executing template __alert_A: template: __alert_A:1:3: executing "__alert_A" at <$labels.job.x>: can\'t evaluate field x in type string',
    );
    await expect(expand("{{ query `sum(` }}")).rejects.toThrow(
      "error calling query: parse error in sum(",
    );
    expect(() => checkTemplate("a\n{{ nope }}", "__alert_A")).toThrow(
      'template: __alert_A:2: function "nope" not defined',
    );
    expect(() => checkTemplate("{{ $labels.x | humanize }}", "x")).not.toThrow();
    expect(() => checkTemplate("no template }}", "x")).not.toThrow();
  });

  it("fails where nothing can be asked", async () => {
    const text = "{{ query `up` }}";
    await expect(expandTemplate(text, data, { nowMs: 0, name: "x" })).rejects.toThrow(
      "queries cannot be made here",
    );
  });
});

describe("plain templates", () => {
  it.each([
    ["no template", "no template"],
    ["{{ $labels.job }} on {{$labels.instance}}", "web on web-1:90"],
    ["{{ .Labels.job }}={{ .Value }}={{ $value }}", "web=1.5e+06=1.5e+06"],
    ["{{ $labels.none }}{{ $externalLabels.zone }} {{ $externalURL }}", "eu http://prom:9090/base"],
    ["{{ $labels.constructor }}{{ $labels.__proto__ }}|", "|"],
    ["a {{- $value -}} b{{/* c */}}", "a1.5e+06b"],
  ])("%s is expanded at once, as it would be otherwise", async (text, expected) => {
    const given = { ...data, value: 1_500_000 };
    expect(expandPlain(text, given)).toBe(expected);
    expect(await expand(text, given)).toBe(expected);
  });

  it.each([
    "{{ $value | humanize }}",
    "{{ if $value }}x{{ end }}",
    "{{ $x := 1 }}",
    "{{ $labels }}",
    "{{ $labels.a.b }}",
    "{{ .Nope }}",
    "{{ nope }}",
    "{{ 1 }}",
  ])("%s is left to the others", (text) => {
    expect(expandPlain(text, data)).toBeUndefined();
  });
});
