import { describe, expect, it } from "vitest";

import { createRegistry } from "../metrics/index.ts";
import { Components } from "./components.ts";
import type { ComponentCheck } from "./components.ts";

const start = (checks: Record<string, ComponentCheck>, timeoutMs = 1000) => {
  const registry = createRegistry();
  const components = new Components({ checks, registry, timeoutMs, intervalMs: 20 });
  return { registry, components };
};

describe("components", () => {
  it.each<[string, ComponentCheck, string, string]>([
    ["true", () => true, "healthy", ""],
    ["false", () => false, "unhealthy", ""],
    ["a report", () => ({ status: "degraded", message: "slow" }), "degraded", "slow"],
    ["a promise", () => Promise.resolve({ status: "healthy", message: "3 ms" }), "healthy", "3 ms"],
    ["nothing", () => undefined as never, "unhealthy", "the check answered nothing"],
    ["an unknown state", () => ({ status: "fine" as never }), "unhealthy", ""],
    [
      "an error",
      () => {
        throw new Error("no connection");
      },
      "unhealthy",
      "no connection",
    ],
    ["silence", () => new Promise(() => {}), "unhealthy", "it did not answer in time"],
  ])("are what a check says by %s", async (_, check, status, message) => {
    const { components } = start({ one: check }, 30);
    expect(await components.check("one")).toMatchObject({ status, message });
    expect(components.status).toBe(status);
  });

  it("are as healthy together as the worst of them, also in the metrics", async () => {
    const { components, registry } = start({
      queue: () => true,
      bus: () => ({ status: "degraded" }),
    });
    expect(components.status).toBe("healthy");
    await components.checkAll();
    expect(components.status).toBe("degraded");
    const page = registry.expose();
    expect(page).toContain("maos_system_health_status 1");
    expect(page).toContain('maos_component_health_status{component="queue"} 2');
    expect(page).toContain('maos_health_check_duration_seconds_count{component="bus"} 1');
  });

  it("are looked at again and again, one look at a time", async () => {
    let running = 0;
    let most = 0;
    let looks = 0;
    const { components } = start({
      slow: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 60));
        running--;
        looks++;
        return true;
      },
    });
    components.start();
    await expect.poll(() => looks).toBeGreaterThanOrEqual(2);
    components.stop();
    expect(most).toBe(1);
  });

  it("have only the names that they were given", async () => {
    const { components } = start({ queue: () => true });
    expect(await components.check("constructor")).toBeUndefined();
    expect(components.results()).toEqual({});
  });
});
