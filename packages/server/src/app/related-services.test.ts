import { ServiceRegistration } from "@fleetlight/contract";
import { afterEach, beforeEach, expect, it } from "vitest";

import { createServiceRegistry, type ServiceRegistry } from "#collect";
import { ConfigSchema } from "#config";
import { createLogger, DEFAULT_TENANT } from "#lib";
import { createMemoryTelemetry, createStateStore, type StateStore } from "#store";

import { watchRelated } from "./related-services.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });
const config = ConfigSchema.parse({});

let state: StateStore;
let registry: ServiceRegistry;
beforeEach(async () => {
  state = await createStateStore({ path: ":memory:" }, { now: Date.now, logger });
  const { events } = await createMemoryTelemetry({ now: Date.now });
  registry = createServiceRegistry({
    repository: state.services,
    events,
    config: () => config,
    now: Date.now,
    logger,
  });
  await registry.load();
});
afterEach(async () => {
  await registry.settle();
  await state.close();
});

const register = (id: string, dependsOn = "") =>
  registry.register(
    DEFAULT_TENANT,
    ServiceRegistration.parse({
      id,
      name: id,
      url: "http://127.0.0.1:9",
      labels: dependsOn === "" ? {} : { depends_on: dependsOn },
    }),
  );

it("follows the services that come, change and go", async () => {
  const related = watchRelated(registry);
  const shown = (service: string) => [...related(DEFAULT_TENANT, service)].toSorted();
  await register("db");
  await register("api", "db");
  expect(shown("db")).toEqual(["api"]);
  await register("web", "api");
  expect(shown("db")).toEqual(["api", "web"]);
  await register("api", "cache");
  expect(shown("db")).toEqual([]);
  expect(shown("web")).toEqual(["api", "cache"]);
  await registry.remove(DEFAULT_TENANT, "web");
  expect(shown("cache")).toEqual(["api"]);
  expect([...related("other", "db")]).toEqual([]);
});
