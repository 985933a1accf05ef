import { parsePromQL } from "@fleetlight/promql";
import { describe, expect, it } from "vitest";

import { planOf } from "./plan.ts";

const plan = (text: string) => {
  const { selectors, simple, compared } = planOf(parsePromQL(text));
  return {
    metrics: selectors.map(({ metric }) => metric),
    simple: simple && `${simple.condition} ${simple.threshold}`,
    compared,
  };
};

describe("the plan of a rule", () => {
  it.each<[string, string]>([
    ["up == 0", "== 0"],
    ['(http_errors{job=~"a|b"}) >= (-1.5)', ">= -1.5"],
    ["10 < queue", "> 10"],
    ["1 >= queue", "<= 1"],
    ["queue != +Inf", "!= Infinity"],
  ])("%s is told by single series", (text, simple) => {
    expect(plan(text).simple).toBe(simple);
  });

  it.each<[string, string[], string | undefined]>([
    ["up == bool 0", ["up"], undefined],
    ["up offset 5m == 0", [], "up offset 5m"],
    ["up @ 10 == 0", [], "up @ 10.000"],
    ["queue > limit", ["queue", "limit"], undefined],
    [
      "rate(errors[5m]) / rate(requests[5m]) > 0.1",
      ["errors", "requests"],
      "rate(errors[5m]) / rate(requests[5m])",
    ],
    ["sum(max_over_time(queue[1h:5m])) > 3", ["queue"], "sum(max_over_time(queue[1h:5m]))"],
    ['absent(up{job="a"})', ["up"], undefined],
    ["topk(scalar(n), queue) > 1 and on () up", ["queue", "n", "up"], undefined],
    ['{__name__=~"a.*"} > 1 or vector(1)', [undefined as unknown as string], undefined],
    ["vector(1) > 0", [], "vector(1)"],
  ])("%s is asked as a whole when one of %j changes", (text, metrics, compared) => {
    const found = plan(text);
    expect(found.simple).toBeUndefined();
    expect(found.metrics).toEqual(metrics);
    expect(found.compared).toBe(compared);
  });
});
