import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createRegistry, type Registry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ConfigSchema, type Config, type ConfigInput } from "#config";
import { createLogger } from "#lib";
import {
  createMemoryTelemetry,
  createStateStore,
  type StateStore,
  type TelemetryStore,
} from "#store";

import { createServiceRegistry, type ServiceRegistry } from "../services/index.ts";
import { createDiscovery, type Discovery } from "./discovery.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });

let directory: string;
let config: Config;
let state: StateStore;
let telemetry: TelemetryStore;
let services: ServiceRegistry;
let own: Registry;
let discovery: Discovery;

const configure = (discovery: NonNullable<ConfigInput["discovery"]>): void => {
  config = ConfigSchema.parse({ discovery, checks: { retain_vanished: "1h" } }) as Config;
};

const path = (name: string): string => join(directory, name);
const targets = (...names: string[]): string => JSON.stringify([{ targets: names }]);

/** Replaces a file at once, as careful writers do. */
async function replace(name: string, text: string): Promise<void> {
  await writeFile(path(`.${name}.new`), text);
  await rename(path(`.${name}.new`), path(name));
}

const present = (): string[] =>
  services
    .list()
    .filter(({ vanishedAtMs }) => vanishedAtMs === null)
    .map(({ registration }) => registration.id);

const figure = (name: string): number =>
  Number(new RegExp(`^${name} (.+)$`, "m").exec(own.expose())?.[1] ?? NaN);

function build(): void {
  services = createServiceRegistry({
    repository: state.services,
    events: telemetry.events,
    config: () => config,
    now: Date.now,
    logger,
  });
  own = createRegistry();
  discovery = createDiscovery({ services, config: () => config, logger, registry: own });
}

async function restart(): Promise<void> {
  await discovery.stop();
  await services.settle();
  build();
  await services.load();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleetlight-discovery-"));
  state = await createStateStore({ path: path("state.db") }, { now: Date.now, logger });
  telemetry = await createMemoryTelemetry({ now: Date.now });
  configure({ file_sd: [{ files: [path("t*.json")] }] });
  build();
});

afterEach(async () => {
  await discovery.stop();
  await services.settle();
  await telemetry.close();
  await state.close();
  await rm(directory, { recursive: true });
});

describe("discovery in files", () => {
  it("registers what is there at the start, of every file that fits the pattern", async () => {
    await writeFile(path("t1.json"), targets("a:1", "b:1"));
    await writeFile(path("t2.json"), targets("c:1", "a:1"));
    await writeFile(path("other.json"), targets("x:1"));
    await discovery.start();
    expect(present()).toEqual(["a:1", "b:1", "c:1"]);
    expect(services.get("default", "a:1")).toMatchObject({ origin: "file", tenant: "default" });
    expect(figure("fleetlight_discovery_targets")).toBe(3);
    expect(figure("fleetlight_discovery_duplicate_targets")).toBe(1);
  });

  it("follows files that are written, replaced, added and deleted", async () => {
    await writeFile(path("t1.json"), targets("a:1"));
    await discovery.start();
    await writeFile(path("t1.json"), targets("a:1", "b:1"));
    await expect.poll(present).toEqual(["a:1", "b:1"]);
    await replace("t1.json", targets("b:1"));
    await expect.poll(present).toEqual(["b:1"]);
    expect(services.get("default", "a:1")?.vanishedAtMs).not.toBeNull();
    await writeFile(path("t2.json"), targets("c:1"));
    await expect.poll(present).toEqual(["b:1", "c:1"]);
    await rm(path("t1.json"));
    await expect.poll(present).toEqual(["c:1"]);
    await writeFile(path("t1.json"), targets("a:1"));
    await expect.poll(present).toEqual(["a:1", "c:1"]);
  });

  it("keeps the last good content of a broken file, counts it, and lets other files go on", async () => {
    await writeFile(path("t1.json"), targets("a:1"));
    await writeFile(path("t2.json"), targets("b:1"));
    await discovery.start();
    await replace("t1.json", '[{"targets": ["a:1", ');
    await replace("t2.json", targets("c:1"));
    await expect.poll(present).toEqual(["a:1", "c:1"]);
    expect(figure("fleetlight_discovery_errors_total")).toBeGreaterThan(0);
    await replace("t1.json", targets("d:1"));
    await expect.poll(present).toEqual(["c:1", "d:1"]);
  });

  it("lets nothing vanish at a start with a file that is broken", async () => {
    await writeFile(path("t1.json"), targets("a:1", "b:1"));
    await discovery.start();
    await writeFile(path("t1.json"), "[{");
    await restart();
    await discovery.start();
    expect(present()).toEqual(["a:1", "b:1"]);
    await replace("t1.json", targets("b:1"));
    await expect.poll(present).toEqual(["b:1"]);
  });

  it("lets go at a start of what is no longer in its file", async () => {
    await writeFile(path("t1.json"), targets("a:1", "b:1"));
    await discovery.start();
    await restart();
    const vanished = new Set<string>();
    services.onChange(({ service }) => {
      if (service.vanishedAtMs !== null) vanished.add(service.registration.id);
    });
    await writeFile(path("t1.json"), targets("b:1"));
    await discovery.start();
    expect(present()).toEqual(["b:1"]);
    expect([...vanished]).toEqual(["a:1"]);
  });

  it("finds a directory that comes later, by its refresh", async () => {
    configure({ file_sd: [{ files: [path("later/*.yaml")], refresh_interval: "100ms" }] });
    await discovery.start();
    expect(present()).toEqual([]);
    await mkdir(path("later"));
    await writeFile(path("later/t.yaml"), "- targets: [a:1]\n");
    await expect.poll(present).toEqual(["a:1"]);
  });

  it("takes a changed configuration over without letting go of what both know", async () => {
    await writeFile(path("t1.json"), targets("a:1", "b:1"));
    await writeFile(path("u1.json"), targets("b:1", "c:1"));
    await discovery.start();
    const vanished: string[] = [];
    services.onChange(({ service }) => {
      if (service.vanishedAtMs !== null) vanished.push(service.registration.id);
    });
    configure({ file_sd: [{ files: [path("u1.json")], type: "agent" }] });
    await discovery.reconfigure();
    expect(present()).toEqual(["b:1", "c:1"]);
    expect(new Set(vanished)).toEqual(new Set(["a:1"]));
    expect(services.get("default", "b:1")?.registration.type).toBe("agent");
    configure({});
    await discovery.reconfigure();
    expect(present()).toEqual([]);
  });
});
