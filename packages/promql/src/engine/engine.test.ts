import { describe, expect, it } from "vitest";

import {
  Engine,
  EvaluationError,
  memoryStorage,
  PromQLError,
  STALE,
  type QueryResult,
  type SelectRequest,
  type Storage,
} from "../index.ts";

const engine = new Engine();
const minute = 60_000;

/** up{job="a"} 0, 1, 2 … every 15 s for ten minutes, b the same times ten with a hole. */
const storage = memoryStorage([
  {
    labels: { __name__: "x", job: "a" },
    samples: Array.from({ length: 41 }, (_, i) => [i * 15_000, i] as const),
  },
  {
    labels: { __name__: "x", job: "b" },
    samples: [
      [0, 0],
      [15_000, 10],
      [30_000, STALE],
      [120_000, 30],
    ],
  },
]);

function plain({ data }: QueryResult): unknown {
  switch (data.kind) {
    case "scalar":
    case "string":
      return data.value;
    case "vector":
      return data.samples.map(({ labels, value }) => [labels.toObject(), value]);
    case "matrix":
      return data.series.map(({ labels, times, values }) => [
        labels.toObject(),
        [...times],
        [...values],
      ]);
  }
}

const at = async (text: string, timeMs: number) =>
  plain(await engine.instant(storage, text, timeMs));
const over = async (text: string, start: number, end: number, step: number) =>
  plain(await engine.range(storage, text, start, end, step));
const job = (name: string) => ({ __name__: "x", job: name });

async function failure(run: Promise<unknown>): Promise<EvaluationError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof EvaluationError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("instant queries", () => {
  it.each([
    ["1 + 2", 3],
    ['"text"', "text"],
    ['x{job="a"}', [[job("a"), 40]]],
    ['x{job="a"} offset 5m', [[job("a"), 20]]],
    ['x{job="a"} offset -4m', [[job("a"), 40]]],
    ['x{job="a"} @ 60', [[job("a"), 4]]],
    ['x{job="a"} @ start() offset 1m', [[job("a"), 36]]],
    ['timestamp(x{job="a"} offset 1m)', [[{ job: "a" }, 540]]],
    ['x{job="a"}[30s]', [[job("a"), [585_000, 600_000], [39, 40]]]],
    ['(x{job="a"})[1m:30s] offset 1m', [[job("a"), [510_000, 540_000], [34, 36]]]],
    ['count_over_time(x{job="b"}[10m])', [[{ job: "b" }, 2]]],
    ['absent_over_time(x{job="c"}[5m])', [[{ job: "c" }, 1]]],
    ["absent_over_time(x[5m])", []],
    ["missing", []],
  ])("%s", async (text, expected) => {
    expect(await at(text, 10 * minute)).toEqual(expected);
  });

  it("look back to the sample just inside and not to that on the edge", async () => {
    expect(await at('x{job="b"}', 120_000 + 299_999)).toEqual([[job("b"), 30]]);
    expect(await at('x{job="b"}', 120_000 + 300_000)).toEqual([]);
  });

  it("end a series at its stale marker", async () => {
    expect(await at('x{job="b"}', 29_999)).toEqual([[job("b"), 10]]);
    expect(await at('x{job="b"}', 30_000)).toEqual([]);
    expect(await at('x{job="b"}[1m]', 30_000)).toEqual([[job("b"), [0, 15_000], [0, 10]]]);
  });

  it("leave out the left edge of ranges", async () => {
    expect(await at('count_over_time(x{job="a"}[1m])', 60_000)).toEqual([[{ job: "a" }, 4]]);
    expect(await at('count_over_time(x{job="a"}[1m])', 60_001)).toEqual([[{ job: "a" }, 4]]);
    expect(await at('count_over_time(x{job="a"}[1m])', 59_999)).toEqual([[{ job: "a" }, 4]]);
  });

  it("show anchored and smoothed ranges with their bounds", async () => {
    expect(await at('x{job="a"}[20s] anchored', 40_000)).toEqual([
      [job("a"), [20_000, 30_000, 40_000], [1, 2, 2]],
    ]);
    const smoothed = (await at('x{job="a"}[20s] smoothed', 40_000)) as [
      object,
      number[],
      number[],
    ][];
    expect(smoothed[0]?.[1]).toEqual([20_000, 30_000, 40_000]);
    expect(smoothed[0]?.[2][0]).toBeCloseTo(4 / 3);
    expect(smoothed[0]?.[2][2]).toBeCloseTo(8 / 3);
  });
});

describe("range queries", () => {
  it("give a matrix in the order of the labels, and points only where there are samples", async () => {
    expect(await over("x", 0, 60_000, 30_000)).toEqual([
      [job("a"), [0, 30_000, 60_000], [0, 2, 4]],
      [job("b"), [0], [0]],
    ]);
  });

  it.each([
    ['x{job="a"} @ end()', [2, 2, 2]],
    ['x{job="a"} @ start()', [0, 0, 0]],
    ['sum_over_time(x{job="a"}[15s:15s] @ 30)', [2, 2, 2]],
    ['sum_over_time(x{job="a"}[15s] offset step())', [0, 1]],
    ['timestamp(x{job="a"} @ 30)', [30, 30, 30]],
    ["1", [1, 1, 1]],
    ["time()", [0, 15, 30]],
    ["predict_linear(x{job='a'}[1m] @ 30, 0) - 0", [0, 1, 2]],
  ])("%s", async (text, expected) => {
    const [series] = (await over(text, 0, 30_000, 15_000)) as [object, number[], number[]][];
    expect(series?.[2]).toEqual(expected);
  });

  it("join what has the same labels without its name, unless two samples meet", async () => {
    const twice = memoryStorage([
      { labels: { __name__: "p" }, samples: [[0, 1]] },
      { labels: { __name__: "q" }, samples: [[600_000, 2]] },
      { labels: { __name__: "r" }, samples: [[600_000, 3]] },
    ]);
    const joined = await engine.range(twice, '-{__name__=~"p|q"}', 0, 600_000, 600_000);
    expect(plain(joined)).toEqual([[{}, [0, 600_000], [-1, -2]]]);
    const meeting = engine.range(twice, '-{__name__=~"q|r"}', 0, 600_000, 600_000);
    expect((await failure(meeting)).message).toBe(
      "vector cannot contain metrics with the same labelset",
    );
    const instant = engine.instant(twice, '-{__name__=~"q|r"}', 600_000);
    expect((await failure(instant)).type).toBe("execution");
  });

  it("are empty when the end is before the start", async () => {
    expect(await over("x", 30_000, 0, 15_000)).toEqual([]);
    expect(await over("1", 30_000, 0, 15_000)).toEqual([]);
  });

  it.each([
    ["x[1m]", 'invalid expression type "range vector" for range query'],
    ['"text"', 'invalid expression type "string" for range query'],
    ["x[step() - 15s]", "invalid expression type"],
    ["rate(x[step() - 15s])", "duration must be greater than 0"],
    ["x offset (1m / (range() - 30s))", "division by zero"],
  ])("refuse %s", async (text, reason) => {
    const error = await failure(engine.range(storage, text, 0, 30_000, 15_000));
    expect(error.message).toContain(reason);
    expect(error.type).toBe("bad_data");
  });

  it("refuse a step of zero and times that are no whole milliseconds", async () => {
    expect((await failure(engine.range(storage, "x", 0, 1, 0))).message).toContain(
      "zero or negative",
    );
    expect((await failure(engine.instant(storage, "x", NaN))).type).toBe("bad_data");
    expect((await failure(engine.range(storage, "x", 0, 1, 0.5))).type).toBe("bad_data");
  });
});

/** A store that remembers what it was asked. */
function listening(): { storage: Storage; requests: SelectRequest[] } {
  const requests: SelectRequest[] = [];
  const listener: Storage = {
    select(request, signal) {
      requests.push(request);
      return storage.select(request, signal);
    },
  };
  return { storage: listener, requests };
}

describe("what is read", () => {
  it.each([
    ["x", 0, 600_000, { stepMs: minute, rangeMs: 0, function: undefined }],
    ["sum(x)", 0, 600_000, { stepMs: minute, rangeMs: 0, function: "sum" }],
    [
      "rate(x[2m] offset 1m)",
      120_000,
      540_000,
      { stepMs: minute, rangeMs: 120_000, function: "rate" },
    ],
    ["x @ 100", -200_000, 100_000, { stepMs: 0, rangeMs: 0, function: undefined }],
    ["abs(x + 1)", 0, 600_000, { stepMs: minute, rangeMs: 0, function: undefined }],
    [
      "rate(x[2m] anchored)",
      -120_000,
      600_000,
      { stepMs: minute, rangeMs: 120_000, function: "rate" },
    ],
    [
      "rate(x[2m] smoothed)",
      -120_000,
      900_000,
      { stepMs: minute, rangeMs: 120_000, function: "rate" },
    ],
    [
      "max_over_time(x[2m:30s])",
      -90_000,
      600_000,
      { stepMs: 30_000, rangeMs: 0, function: "max_over_time" },
    ],
  ])("%s", async (text, startMs, endMs, hints) => {
    const { storage: asked, requests } = listening();
    await engine.range(asked, text, 5 * minute, 10 * minute, minute);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ startMs, endMs, hints });
  });
});

describe("limits", () => {
  const tooMany = "query processing would load too many samples into memory in query execution";

  it.each([
    ["x", "samples that are read"],
    ["vector(1)[365d:1s]", "steps of a subquery"],
    ["sum_over_time(vector(1)[1y:1ms])", "steps of a subquery inside a function"],
  ])("%s: too many %s", async (text) => {
    const small = new Engine({ maxSamples: 30 });
    const error = await failure(small.instant(storage, text === "x" ? "x[10m]" : text, 600_000));
    expect(error).toMatchObject({ type: "execution", message: tooMany });
  });

  it("count what is held and not what was read before", async () => {
    const small = new Engine({ maxSamples: 120 });
    const sum = Array.from({ length: 20 }, () => 'sum_over_time(x{job="a"}[10m])').join(" + ");
    const result = await small.instant(storage, sum, 600_000);
    expect(result.stats.samplesRead).toBe(800);
    expect(result.stats.peakSamples).toBeLessThan(120);
  });

  it("are for a step count, too", async () => {
    const error = await failure(engine.range(storage, "1", 0, 1e12, 1));
    expect(error.message).toBe(tooMany);
  });
});

/** Never yields anything. */
const hanging: Storage = {
  select: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
};

describe("ending early", () => {
  it("cancels a query whose store hangs", async () => {
    const controller = new AbortController();
    const run = failure(engine.instant(hanging, "x", 0, { signal: controller.signal }));
    controller.abort();
    expect(await run).toMatchObject({
      type: "canceled",
      message: "query was canceled in expression evaluation",
    });
  });

  it("does not begin when it is cancelled already", async () => {
    const error = await failure(engine.instant(storage, "x", 0, { signal: AbortSignal.abort() }));
    expect(error.type).toBe("canceled");
  });

  it("gives up when the time is over", async () => {
    const error = await failure(engine.instant(hanging, "x", 0, { timeoutMs: 20 }));
    expect(error).toMatchObject({
      type: "timeout",
      message: "query timed out in expression evaluation",
    });
  });

  it("stops in the middle of a long computation", async () => {
    const controller = new AbortController();
    const text = "sum_over_time(sum_over_time(vector(1)[1h:1s])[10h:1s])";
    const run = failure(engine.instant(storage, text, 0, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 5);
    expect((await run).type).toBe("canceled");
  });

  it("tells the store to stop", async () => {
    let told: AbortSignal | undefined;
    const store: Storage = {
      async *select(_, signal) {
        told = signal;
        yield [];
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    };
    const controller = new AbortController();
    const run = failure(engine.instant(store, "x", 0, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 5);
    await run;
    expect(told?.aborted).toBe(true);
  });
});

describe("errors", () => {
  it("of the store are wrapped", async () => {
    const broken: Storage = {
      // oxlint-disable-next-line require-yield -- it fails before it has anything
      async *select() {
        throw new Error("disk on fire");
      },
    };
    const error = await failure(engine.instant(broken, "x", 0));
    expect(error).toMatchObject({ type: "execution", message: "expanding series: disk on fire" });
    expect(error.cause).toBeInstanceOf(Error);
  });

  it("of a store that cannot even begin are wrapped, too", async () => {
    const broken: Storage = {
      select() {
        throw new TypeError("no such tenant");
      },
    };
    const error = await failure(engine.instant(broken, "sum(x)", 0));
    expect(error).toMatchObject({ type: "execution", message: "expanding series: no such tenant" });
  });

  it("that nobody thought of are internal, with their cause", async () => {
    const wrong: Storage = {
      async *select() {
        yield [{} as never];
      },
    };
    const error = await failure(engine.instant(wrong, "x", 0));
    expect(error.type).toBe("internal");
    expect(error.message).toContain("unexpected error: ");
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it("of the syntax come as they are", async () => {
    await expect(engine.instant(storage, "x[", 0)).rejects.toThrow(PromQLError);
  });
});

describe("explain", () => {
  it("tells what every node gave", async () => {
    const text = 'sum by (job) (rate(x[1m])) + on (job) x{job="a"} @ 0';
    const { plan } = await engine.range(storage, text, 0, 120_000, 60_000, { explain: true });
    expect(plan).toMatchObject({
      text: 'sum by (job) (rate(x[1m])) + on (job) x{job="a"} @ 0.000',
      kind: "binary",
      start: 0,
      end: text.length,
      series: 1,
      stepInvariant: false,
      children: [
        {
          kind: "aggregate",
          children: [
            {
              kind: "call",
              text: "rate(x[1m])",
              children: [{ kind: "matrix", samplesRead: 13, series: 2, children: [] }],
            },
          ],
        },
        { kind: "vector", stepInvariant: true, samplesRead: 1, series: 1, samples: 3 },
      ],
    });
    const sum = (nodes: { totalMs: number }[]) => nodes.reduce((ms, node) => ms + node.totalMs, 0);
    expect(plan?.selfMs).toBeCloseTo((plan?.totalMs ?? 0) - sum(plan?.children ?? []));
  });

  it("is not made unless it is wanted", async () => {
    expect((await engine.instant(storage, "x", 0)).plan).toBeUndefined();
  });
});
