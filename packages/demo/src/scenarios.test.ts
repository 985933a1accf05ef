import { describe, expect, it } from "vitest";

import { readCatalogue } from "./catalogue.ts";
import { SERVICES } from "./fleet/services/index.ts";
import { isScenario, parseOutage, PLANS, rateAt, SCENARIOS } from "./scenarios.ts";

describe("scenarios", () => {
  it("have a plan each, and no other name is one", () => {
    for (const name of SCENARIOS) expect(PLANS[name].load.baseRate).toBeGreaterThan(0);
    expect(isScenario("calm")).toBe(true);
    expect(isScenario("storm")).toBe(false);
    expect(PLANS.calm.outage).toBeNull();
    expect(PLANS.overload.outage).toBeNull();
  });

  it("let the load grow, stay at its peak, fall, and begin again", () => {
    const { load } = PLANS.overload;
    const end = load.calmMs + load.growMs + load.peakMs;
    const rates = [0, load.calmMs + load.growMs / 2, end - 1, end, end + load.calmMs - 1].map(
      (at) => rateAt(load, at),
    );
    expect(rates).toEqual([2, 17, 32, 2, 2]);
    expect(rateAt(PLANS.calm.load, 1e9)).toBe(1);
  });

  it("read other times of outage, and refuse what makes no sense", () => {
    expect(parseOutage("1,2.5,6")).toEqual({ firstMs: 1000, lastsMs: 2500, everyMs: 6000 });
    for (const wrong of ["", "1,2", "1,2,3,4", "a,1,2", "1,5,5", "0,1,2", "-1,1,2"]) {
      expect(() => parseOutage(wrong)).toThrow("three numbers of seconds");
    }
  });
});

describe("catalogue", () => {
  it("names twelve services of six components on ports 8001 to 8012, and the demo has them all", () => {
    const entries = readCatalogue();
    expect(entries.map(({ port }) => port)).toEqual(
      Array.from({ length: 12 }, (_, at) => 8001 + at),
    );
    expect(new Set(entries.map(({ component }) => component)).size).toBe(6);
    expect(entries.map(({ id }) => id).sort()).toEqual(Object.keys(SERVICES).sort());
    for (const entry of entries) {
      expect(entry.scrape_interval_seconds).toBe(10);
      expect(entry.labels).toEqual({ service: entry.id, component: entry.component });
    }
  });
});
