import type { FastifyRequest } from "fastify";
import { describe, expect, it } from "vitest";

import { Params, parseDuration, parseTime } from "./params.ts";
import { encodingOf } from "./reply.ts";
import { unescapeName } from "./series.ts";

const paramsOf = (url: string, body?: string) =>
  new Params({ raw: { url }, body } as unknown as FastifyRequest);

describe("times", () => {
  it.each([
    ["0", 0],
    ["1767225600", 1_767_225_600_000],
    ["1767225600.5", 1_767_225_600_500],
    ["1767225600.0004", 1_767_225_600_000],
    ["-1.5", -1500],
    ["1.5e3", 1_500_000],
    ["2026-01-01T00:00:00Z", 1_767_225_600_000],
    ["2026-01-01T01:00:00.25+01:00", 1_767_225_600_250],
    ["2026-01-01T00:00:00.123456789Z", 1_767_225_600_123],
    ["9223372036854775", 8.64e15],
    ["-292273086-05-16T16:47:06Z", -8.64e15],
    ["292277025-08-18T07:12:54.999999999Z", 8.64e15],
  ])("%s is %d ms", (text, timeMs) => expect(parseTime(text)).toBe(timeMs));

  it.each([
    "",
    "abc",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "1 ",
    "0x10",
    "NaN",
    "1e400",
    "-1e400",
    "2026-13-01T00:00:00Z",
  ])("%j is none", (text) =>
    expect(() => parseTime(text)).toThrow(
      `cannot parse ${JSON.stringify(text)} to a valid timestamp`,
    ),
  );
});

describe("durations", () => {
  it.each([
    ["15", 15_000],
    ["0.5", 500],
    ["0.3", 300],
    ["0.0015", 1.5],
    ["1.001", 1000.999999],
    ["-1", -1000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1y2w3d4h5m6s7ms", 33_019_506_007],
    ["0", 0],
  ])("%s is %d ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(["", "x", "1h1h", "m5", "5 m", "1.5h"])("%j is none", (text) =>
    expect(() => parseDuration(text)).toThrow(/to a valid duration$/),
  );

  it("longer than Go's are refused", () => {
    for (const text of ["9223372037", "300y"])
      expect(() => parseDuration(text)).toThrow(/to a valid duration/);
  });
});

describe("parameters", () => {
  it("of the body come before those of the URL", () => {
    const params = paramsOf("/x?a=url&match[]=u&b=2", "a=body&match%5B%5D=b");
    expect(params.text("a")).toBe("body");
    expect(params.text("b")).toBe("2");
    expect(params.text("c")).toBe("");
    expect(params.all("match[]")).toEqual(["b", "u"]);
  });

  it.each([
    ["", false],
    ["0", false],
    ["False", false],
    ["t", true],
    ["true", true],
  ])("exclude_alerts=%s is %s", (text, flag) =>
    expect(paramsOf(`/x?exclude_alerts=${text}`).flag("exclude_alerts")).toBe(flag),
  );

  it("a flag that is none is refused in upstream's words", () =>
    expect(() => paramsOf("/x?exclude_alerts=yes").flag("exclude_alerts")).toThrow(
      'invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "yes": invalid syntax',
    ));

  it.each([
    ["", Infinity],
    ["0", Infinity],
    ["5", 5],
    ["+5", 5],
  ])("limit=%s is %d", (text, limit) =>
    expect(paramsOf(`/x?limit=${encodeURIComponent(text)}`).limit()).toBe(limit),
  );

  it.each([
    ["-1", 'invalid parameter "limit": limit must be non-negative'],
    ["x", 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax'],
  ])("limit=%s is refused", (text, message) =>
    expect(() => paramsOf(`/x?limit=${text}`).limit()).toThrow(message),
  );

  it("names are unescaped, and left alone where they are not escaped", () => {
    for (const [escaped, name] of [
      ["U__lab_2e_el", "lab.el"],
      ["U__a__b", "a_b"],
      ["U___1f600_", "\u{1f600}"],
      ["U__a_zz_", "U__a_zz_"],
      ["U___110000_", "U___110000_"],
      ["lab_2e_el", "lab_2e_el"],
    ])
      expect(unescapeName(escaped as string)).toBe(name);
  });
});

it.each([
  [undefined, undefined],
  ["identity", undefined],
  ["gzip", "gzip"],
  ["gzip, deflate, br", "gzip"],
  ["gzip, zstd", "zstd"],
  ["zstd;q=0, gzip;q=0.5", "gzip"],
  ["gzip;q=0", undefined],
  ["*", "gzip"],
])("Accept-Encoding: %s is answered with %s", (header, encoding) =>
  expect(encodingOf(header)).toBe(encoding),
);
