import { describe, expect, it } from "vitest";

import { ask, askOne, query, rounded } from "./ask.test-kit.ts";

const three = { 'v{l="a"}': [-2.5], 'v{l="b"}': [0], 'v{l="c"}': [NaN] };

describe("functions of one number", () => {
  it.each([
    ["abs(v)", [2.5, 0, NaN]],
    ["ceil(v)", [-2, 0, NaN]],
    ["floor(v)", [-3, 0, NaN]],
    ["round(v)", [-2, 0, NaN]],
    ["round(v, 0.2)", [-2.4, 0, NaN]],
    ["sgn(v)", [-1, 0, NaN]],
    ["clamp(v, -1, 1)", [-1, 0, NaN]],
    ["clamp_min(v, 0)", [0, 0, NaN]],
    ["clamp_max(v, -1)", [-2.5, -1, NaN]],
    ["clamp(v, NaN, 0)", [NaN, NaN, NaN]],
    ["clamp_max(v, -Inf)", [-Infinity, -Infinity, -Infinity]],
    ["sqrt(v)", [NaN, 0, NaN]],
    ["deg(rad(v))", [-2.5, 0, NaN]],
  ])("%s", async (text, values) => {
    const answer = await ask(text, three);
    expect(answer.map(([labels]) => labels)).toEqual(['{l="a"}', '{l="b"}', '{l="c"}']);
    expect(answer.map(([, value]) => rounded(value))).toEqual(values);
  });

  it("have no answer where the bounds cross", async () => {
    expect(await ask("clamp(v, 2, 1)", three)).toEqual([]);
  });
});

describe("functions of time", () => {
  it.each([
    ["time()", 1234],
    ["year()", 1970],
    ["minute()", 20],
    ["month(vector(1456790399)) + day_of_month(vector(1456790399)) / 100", 2.29],
    ["days_in_month(vector(1454284800))", 29],
    ["day_of_year(vector(1230767999))", 366],
    ["hour(vector(NaN))", 15],
    ["timestamp(vector(1))", 1234],
    ["start() + end() + range() + step()", 2468],
    ["scalar(vector(5)) + pi()", 5 + Math.PI],
    ["min_of(1, 2) + max_of(3, 4)", 5],
  ])("%s", async (text, value) => {
    expect(await askOne(text, {}, 1_234_000)).toBeCloseTo(value, 12);
  });

  it("tell nothing of the start of counting of an expression", async () => {
    expect(await ask("start_timestamp(vector(1))")).toEqual([]);
  });
});

describe("label_replace", () => {
  it("changes what matches and leaves the rest", async () => {
    const given = { 'm{src="x-1"}': [1], 'm{src="y"}': [2] };
    expect(await ask('label_replace(m, "dst", "n$1", "src", "x-(.*)")', given)).toEqual([
      ['m{dst="n1",src="x-1"}', 1],
      ['m{src="y"}', 2],
    ]);
  });

  it("writes a name, which then stays, and takes one away", async () => {
    const given = { 'm{src="x"}': [1] };
    expect(await ask('label_replace(-m, "__name__", "other", "src", "(.*)")', given)).toEqual([
      ['other{src="x"}', -1],
    ]);
    expect(await ask('label_replace(m, "src", "", "src", "x")', given)).toEqual([["m{}", 1]]);
  });

  it.each([
    [
      'label_replace(m, "d", "", "src", "(.*")',
      "invalid regular expression in label_replace(): (.*",
    ],
    ['label_replace(m, "", "", "src", "")', "invalid destination label name in label_replace(): "],
    ['label_join(m, "d", "", "")', "invalid source label name in label_join(): "],
    ['label_replace(m, "src", "", "", "")', "vector cannot contain metrics with the same labelset"],
    ['label_join(m, "src", "-", "none")', "vector cannot contain metrics with the same labelset"],
  ])("%s is refused", async (text, message) => {
    await expect(query(text, { 'm{src="a"}': [1], 'm{src="b"}': [2] })).rejects.toThrow(message);
  });

  it.each([
    `label_replace(m, "d", "${"$1".repeat(3000)}", "src", "(.*)")`,
    `label_join(m, "d", "", ${Array.from({ length: 3000 }, () => '"src"').join(", ")})`,
  ])("refuses to make values without end", async (text) => {
    const given = { [`m{src="${"x".repeat(1000)}"}`]: [1] };
    await expect(query(text, given)).rejects.toThrow("label value is longer than");
  });

  it("refuses lookahead, which RE2 does not have", async () => {
    await expect(query('label_replace(m, "d", "", "src", "(?=a)")')).rejects.toThrow("invalid");
  });
});

describe("label_join", () => {
  it("joins labels, those that are missing too", async () => {
    expect(await ask('label_join(m, "d", "-", "a", "b", "c")', { 'm{a="1",c="3"}': [7] })).toEqual([
      ['m{a="1",c="3",d="1--3"}', 7],
    ]);
  });
});

describe("sorting", () => {
  const given = {
    'm{i="1"}': [3],
    'm{i="2"}': [NaN],
    'm{i="10"}': [1],
    'm{i="20"}': [2],
  };
  it.each([
    ["sort(m)", ["10", "20", "1", "2"]],
    ["sort_desc(m)", ["1", "20", "10", "2"]],
    ['sort_by_label(m, "i")', ["1", "2", "10", "20"]],
    ['sort_by_label_desc(m, "i")', ["20", "10", "2", "1"]],
    ['sort_by_label(m, "none")', ["1", "10", "2", "20"]],
  ])("%s", async (text, order) => {
    const answer = await ask(text, given);
    expect(answer.map(([labels]) => labels)).toEqual(order.map((i) => `m{i="${i}"}`));
  });
});

describe("absent", () => {
  it.each([
    ['absent(m{a="1",b=~"x",c!="y"})', '{a="1"}'],
    ['absent(m{a="1",a="2",b="3"})', '{b="3"}'],
    ['absent((m{a!="1",a="2"}))', '{a="2"}'],
    ["absent(sum(m))", "{}"],
    ["absent(m offset 1m)", "{}"],
  ])("%s has the labels %s", async (text, labels) => {
    expect(await ask(text)).toEqual([[labels, 1]]);
  });

  it("has no answer where something is", async () => {
    expect(await ask("absent(m)", { m: [1] })).toEqual([]);
  });
});

describe("scalar", () => {
  it("is NaN but for exactly one value", async () => {
    expect(await askOne("scalar(m)", { m: [4] })).toBe(4);
    expect(await askOne("scalar(m)", { 'm{a="1"}': [4], 'm{a="2"}': [4] })).toBeNaN();
    expect(await askOne("scalar(m)")).toBeNaN();
  });
});

describe("classic histograms", () => {
  const given = {
    'h{le="0.1"}': [5],
    'h{le=".2"}': [7],
    'h{le="1e0"}': [11],
    'h{le="+Inf"}': [12],
    'h{le="odd"}': [1],
  };

  it("are put together from their buckets", async () => {
    const { data, warnings } = await query("histogram_quantile(0.8, h)", given);
    expect(data.kind === "vector" && data.samples[0]?.value).toBeCloseTo(0.72, 12);
    expect(warnings).toEqual([
      'PromQL warning: bucket label "le" is missing or has a malformed value of "odd" for metric name "h" (1:25)',
    ]);
  });

  it("give a row for each of several quantiles", async () => {
    const answer = await ask('histogram_quantiles(h, "q", 0, 0.5, 1)', given);
    expect(answer.map(([labels]) => labels)).toEqual(['{q="0.0"}', '{q="0.5"}', '{q="1.0"}']);
  });

  it.each([2, -1, NaN])("warn of the quantile %d", async (quantile) => {
    const { warnings } = await query(`histogram_quantile(${quantile}, none)`, given);
    const text = "PromQL warning: quantile value should be between 0 and 1, got";
    expect(warnings).toEqual([`${text} ${quantile} (1:20)`]);
  });

  it("say when counts do not ascend", async () => {
    const { infos } = await query('histogram_quantile(0.5, h{le!="odd"})', {
      ...given,
      'h{le="1e0"}': [6],
    });
    expect(infos).toEqual([
      'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name "h" (1:25)',
    ]);
  });
});
