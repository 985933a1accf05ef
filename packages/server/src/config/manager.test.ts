import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createConfigManager, type ConfigManager, type ReloadResult } from "./manager.ts";
import { ConfigError } from "./problems.ts";

let directory: string;
let file: string;
let manager: ConfigManager | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-reload-"));
  file = join(directory, "config.yaml");
});
afterEach(async () => {
  await manager?.stop();
  manager = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const port = (value: number): string => `server:\n  port: ${value}\n`;
const create = (
  options: {
    pollMs?: number;
    now?: () => number;
    onError?: (error: unknown) => void;
    check?: () => void;
  } = {},
) => {
  manager = createConfigManager({ file, env: {}, debounceMs: 20, pollMs: 3_600_000, ...options });
  return manager;
};

/** The next reload that changed something or was refused. */
const nextReload = (of: ConfigManager): Promise<ReloadResult> =>
  new Promise((resolve) => {
    const end = of.onReload((result) => {
      end();
      resolve(result);
    });
  });

const quiet = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("reload", () => {
  it("puts a changed file in force and tells what changed", async () => {
    writeFileSync(file, port(1000));
    const config = create();
    const seen: number[][] = [];
    config.onChange((next, previous) => seen.push([previous.server.port, next.server.port]));
    writeFileSync(
      file,
      `${port(2000)}scrape: {interval: 20s}\nservices: [{id: a, name: A, url: http://a}]\n`,
    );
    expect(await config.reload()).toEqual({
      ok: true,
      changed: ["scrape.interval", "server.port", "services"],
      restart_needed: ["server.port"],
    });
    expect(seen).toEqual([[1000, 2000]]);
    expect(config.status().restart_needed).toEqual(["server.port"]);
    writeFileSync(file, port(1000));
    expect(await config.reload()).toMatchObject({ ok: true, restart_needed: [] });
  });

  it("leaves everything as it is when another room refuses what it reads", async () => {
    writeFileSync(file, port(1000));
    let isWrong = false;
    const check = () => {
      if (isWrong) throw new ConfigError([{ path: "", message: "no such function" }]);
    };
    const config = create({ check });
    isWrong = true;
    writeFileSync(file, port(2000));
    expect(await config.reload()).toMatchObject({ ok: false });
    expect(config.current().server.port).toBe(1000);
    expect(config.status().error).toBe("no such function");
  });

  it("tells nobody when nothing changed", async () => {
    writeFileSync(file, port(1000));
    const config = create();
    const calls: unknown[] = [];
    config.onChange(() => calls.push("change"));
    config.onReload(() => calls.push("reload"));
    writeFileSync(file, `# a comment\n${port(1000)}`);
    expect(await config.reload()).toEqual({ ok: true, changed: [], restart_needed: [] });
    expect(calls).toEqual([]);
  });

  it("keeps what is in force when the file is wrong, and says why until it is right", async () => {
    let time = 0;
    writeFileSync(file, port(1000));
    const config = create({ now: () => (time += 1000) });
    const loadedAt = config.status().loaded_at;
    const calls: ReloadResult[] = [];
    config.onReload((result) => calls.push(result));
    writeFileSync(file, "server:\n  port: many\n");
    const result = await config.reload();
    expect(result.ok === false && result.error).toBeInstanceOf(ConfigError);
    expect(config.current().server.port).toBe(1000);
    expect(config.status()).toEqual({
      loaded_at: loadedAt,
      error: `${file}:2:9: server.port: expected number, received string`,
      restart_needed: [],
    });
    writeFileSync(file, port(1000));
    await config.reload();
    expect(config.status().error).toBeNull();
    expect(config.status().loaded_at).not.toBe(loadedAt);
    expect(calls.map((call) => call.ok)).toEqual([false, true]);
  });

  it("refuses to begin with a wrong file", () => {
    writeFileSync(file, "nope: 1\n");
    expect(() => create()).toThrow(/config\.yaml:1:1: nope: unknown key/);
  });

  it("is not stopped by a listener that throws", async () => {
    writeFileSync(file, port(1000));
    const errors: unknown[] = [];
    const config = create({ onError: (error) => errors.push(error) });
    const seen: number[] = [];
    config.onChange(() => {
      throw new Error("listener");
    });
    const end = config.onChange((next) => seen.push(next.server.port));
    writeFileSync(file, port(2000));
    await config.reload();
    end();
    writeFileSync(file, port(3000));
    await config.reload();
    expect(seen).toEqual([2000]);
    expect(errors).toHaveLength(2);
  });
});

describe("watching", () => {
  it("sees a file that is written in place", async () => {
    writeFileSync(file, port(1000));
    const config = create();
    await config.start();
    const reloaded = nextReload(config);
    writeFileSync(file, port(2000));
    expect(await reloaded).toMatchObject({ ok: true, changed: ["server.port"] });
    expect(config.current().server.port).toBe(2000);
  });

  it("sees an editor that moves the old file away and a new one in, again and again", async () => {
    writeFileSync(file, port(1000));
    const config = create();
    await config.start();
    for (const value of [2000, 3000, 4000]) {
      const reloaded = nextReload(config);
      renameSync(file, `${file}~`);
      writeFileSync(`${file}.new`, port(value));
      renameSync(`${file}.new`, file);
      expect(await reloaded).toMatchObject({ ok: true });
      expect(config.current().server.port).toBe(value);
    }
  });

  it("sees the swap of a symlink two levels up, as Kubernetes does it", async () => {
    for (const [name, value] of [
      ["v1", 1000],
      ["v2", 2000],
      ["v3", 3000],
    ] as const) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, "config.yaml"), port(value));
    }
    symlinkSync("v1", join(directory, "..data"));
    symlinkSync("..data/config.yaml", file);
    const config = create();
    await config.start();
    for (const [name, value] of [
      ["v2", 2000],
      ["v3", 3000],
    ] as const) {
      const reloaded = nextReload(config);
      symlinkSync(name, join(directory, "..data_tmp"));
      renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
      await reloaded;
      expect(config.current().server.port).toBe(value);
    }
  });

  it("sees a change of the file that a symlink of another directory points at", async () => {
    mkdirSync(join(directory, "real"));
    const target = join(directory, "real", "x.yaml");
    writeFileSync(target, port(1000));
    mkdirSync(join(directory, "link"));
    file = join(directory, "link", "config.yaml");
    symlinkSync(target, file);
    const config = create();
    await config.start();
    const reloaded = nextReload(config);
    writeFileSync(target, port(2000));
    await reloaded;
    expect(config.current().server.port).toBe(2000);
  });

  it("refuses a wrong file once, keeps the old one, and takes the repaired one", async () => {
    writeFileSync(file, port(1000));
    const config = create();
    await config.start();
    const results: ReloadResult[] = [];
    config.onReload((result) => results.push(result));
    const refused = nextReload(config);
    writeFileSync(file, "server:\n  port: 1\n  colour: red\n");
    expect(await refused).toMatchObject({ ok: false });
    expect(config.status().error).toMatch(/config\.yaml:3:3: server\.colour: unknown key "colour"/);
    expect(config.current().server.port).toBe(1000);
    const repaired = nextReload(config);
    writeFileSync(file, port(2000));
    expect(await repaired).toMatchObject({ ok: true });
    expect(config.status().error).toBeNull();
    expect(results).toHaveLength(2);
  });

  it("takes what changed between the first reading and the start", async () => {
    writeFileSync(file, port(1000));
    const config = create();
    writeFileSync(file, port(2000));
    await config.start();
    expect(config.current().server.port).toBe(2000);
  });

  it("notices by polling that the file is gone, and that it is back", async () => {
    writeFileSync(file, port(1000));
    const config = create({ pollMs: 50 });
    await config.start();
    const gone = nextReload(config);
    unlinkSync(file);
    expect(await gone).toMatchObject({ ok: false });
    expect(config.status().error).toContain("cannot be read");
    const back = nextReload(config);
    writeFileSync(file, port(1000));
    expect(await back).toMatchObject({ ok: true, changed: [] });
  });

  it.each([
    ["server.reload is false", "server: {port: 1000, reload: false}\n", false],
    ["it was stopped", port(1000), true],
  ])("sees nothing when %s", async (_, text, stop) => {
    writeFileSync(file, text);
    const config = create({ pollMs: 20 });
    await config.start();
    if (stop) await config.stop();
    writeFileSync(file, port(2000));
    await quiet(150);
    expect(config.current().server.port).toBe(1000);
  });
});
