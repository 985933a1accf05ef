import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readAlertmanagerFile } from "#config";
import { afterAll, describe, expect, it } from "vitest";

import { ExecConfig } from "../../../config/alertmanager/channels/exec.ts";
import type { ChannelContext, NotificationChannel } from "../channel.ts";
import { sampleNotification, testContext } from "../test-peers.ts";
import { createExec } from "./exec.ts";

const directory = await mkdtemp(join(tmpdir(), "fleetlight-exec-"));
const { stop, ...context } = testContext();
afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true, force: true });
});

const pathOf = (name: string): string => join(directory, name);

/** A program of this test, in JavaScript; its arguments are `process.argv.slice(1)`. */
const program = (code: string, ...args: string[]): string[] => [
  process.execPath,
  "-e",
  code,
  ...args,
];

const channelOf = (
  command: string[],
  config: Record<string, unknown> = {},
  rest: Partial<ChannelContext> = { allowExec: true },
): NotificationChannel =>
  createExec(
    { kind: "exec", index: 0, config: ExecConfig.parse({ command, ...config }) },
    { ...context, ...rest },
  );

const never = new AbortController().signal;
const send = (channel: NotificationChannel, signal = never) =>
  channel.send(sampleNotification(), signal);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Writes its own id and that of a child of its own, which both ignore being asked to end, and stays. */
const STUBBORN = `
  const { spawn } = require("node:child_process");
  const { writeFileSync } = require("node:fs");
  const code = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')";
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  process.on("SIGTERM", () => {});
  child.stdout.on("data", () => writeFileSync(process.argv[1], JSON.stringify([process.pid, child.pid])));
`;

describe("a program", () => {
  it("is given the notification as JSON on standard input", async () => {
    const path = pathOf("input");
    const code = `require("node:fs").writeFileSync(process.argv[1], require("node:fs").readFileSync(0))`;
    expect(await send(channelOf(program(code, path)))).toEqual({ ok: true, statusCode: 0 });
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({
      id: "n1",
      version: "4",
      status: "firing",
      receiver: "ops",
      reason: "group",
      groupKey: '{}:{alertname="QueueTooLong"}',
      alerts: [{ labels: { alertname: "QueueTooLong" } }],
    });
  });

  it("is run without a shell, with its arguments as they are written", async () => {
    const path = pathOf("arguments");
    const evil = `$(touch ${pathOf("touched")}); {{ .Status }} "x" \`id\``;
    const code = `require("node:fs").writeFileSync(process.argv[1], process.argv[2])`;
    await send(channelOf(program(code, path, evil)));
    expect(await readFile(path, "utf8")).toBe(evil);
    expect(existsSync(pathOf("touched"))).toBe(false);
  });

  it("sees no variables but those that are allowed", async () => {
    process.env["FLEETLIGHT_TEST_SECRET"] = "sentinel";
    process.env["FLEETLIGHT_TEST_ALLOWED"] = "for you";
    const path = pathOf("environment");
    const code = `require("node:fs").writeFileSync(process.argv[1], JSON.stringify(process.env))`;
    const environment = ["FLEETLIGHT_TEST_ALLOWED", "FLEETLIGHT_TEST_UNSET"];
    await send(channelOf(program(code, path), { environment }));
    delete process.env["FLEETLIGHT_TEST_SECRET"];
    delete process.env["FLEETLIGHT_TEST_ALLOWED"];
    const seen = JSON.parse(await readFile(path, "utf8")) as Record<string, string>;
    expect(seen["FLEETLIGHT_TEST_ALLOWED"]).toBe("for you");
    expect(Object.keys(seen).filter((name) => !["PATH", "LANG", "TZ"].includes(name))).toEqual([
      "FLEETLIGHT_TEST_ALLOWED",
    ]);
  });

  it.each([
    [1, false],
    [2, false],
    [75, true],
    [127, false],
  ])("that ends with %i may be run again: %s", async (code, retryable) => {
    const script = `console.error("no\\n\\u001b[31mway"); process.exit(${code})`;
    expect(await send(channelOf(program(script)))).toEqual({
      ok: false,
      statusCode: code,
      error: `ended with ${code}: no [31mway`,
      retryable,
      retryAfterMs: null,
    });
  });

  it("that somebody kills may be run again", async () => {
    const channel = channelOf(
      program(`process.kill(process.pid, "SIGKILL"); setTimeout(() => {}, 9e6)`),
    );
    expect(await send(channel)).toMatchObject({
      ok: false,
      statusCode: null,
      error: "was ended by SIGKILL",
      retryable: true,
    });
  });

  it.each(["/nowhere/at-all", directory])(
    "that cannot be started may be later: %s",
    async (path) => {
      const result = await send(channelOf([path]));
      expect(result).toMatchObject({ ok: false, retryable: true });
      expect(JSON.stringify(result)).toContain(`${path} cannot be started`);
    },
  );

  it("that does not end is killed with what it started", async () => {
    const path = pathOf("stubborn");
    const result = await send(channelOf(program(STUBBORN, path), { timeout: "1500ms" }));
    expect(result).toMatchObject({
      ok: false,
      error: "did not end within 1500 ms and was killed",
      retryable: true,
    });
    const pids = JSON.parse(await readFile(path, "utf8")) as number[];
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });

  it("is killed with what it started when the attempt is given up", async () => {
    const path = pathOf("given-up");
    const giveUp = new AbortController();
    const sending = send(channelOf(program(STUBBORN, path)), giveUp.signal);
    await expect.poll(() => existsSync(path)).toBe(true);
    giveUp.abort();
    expect(await sending).toMatchObject({ ok: false, retryable: true });
    const pids = JSON.parse(await readFile(path, "utf8")) as number[];
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });

  it("may leave nothing running behind", async () => {
    const path = pathOf("left");
    const code = `
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
      require("node:fs").writeFileSync(process.argv[1], String(child.pid));
      process.exit(0);
    `;
    expect(await send(channelOf(program(code, path)))).toMatchObject({ ok: true });
    const pid = Number(await readFile(path, "utf8"));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("may say as much as it likes, and need not listen", async () => {
    const code = `
      const text = "x".repeat(1 << 20);
      for (let i = 0; i < 8; i++) { process.stdout.write(text); require("node:fs").writeSync(2, text); }
      process.exitCode = 3;
    `;
    const result = await send(channelOf(program(code)));
    expect(result).toMatchObject({ ok: false, statusCode: 3 });
    expect(JSON.stringify(result).length).toBeLessThan(400);
  });

  it("runs as often at once as it may, and the others wait", async () => {
    const log = pathOf("log");
    await writeFile(log, "");
    const code = `
      const { appendFileSync } = require("node:fs");
      appendFileSync(process.argv[1], "+");
      setTimeout(() => appendFileSync(process.argv[1], "-"), 100);
    `;
    const channel = channelOf(program(code, log), { max_concurrency: 2, timeout: "60s" });
    const results = await Promise.all(Array.from({ length: 6 }, () => send(channel)));
    expect(results.every(({ ok }) => ok)).toBe(true);
    let running = 0;
    let most = 0;
    for (const sign of await readFile(log, "utf8")) {
      running += sign === "+" ? 1 : -1;
      most = Math.max(most, running);
    }
    expect(running).toBe(0);
    expect(most).toBeLessThanOrEqual(2);
  });

  it("is not waited for any longer when its turn is given up", async () => {
    const channel = channelOf(program("setTimeout(() => {}, 300)"), { max_concurrency: 1 });
    const first = send(channel);
    const giveUp = new AbortController();
    const second = send(channel, giveUp.signal);
    giveUp.abort();
    expect(await second).toMatchObject({ ok: false, retryable: true });
    expect(await first).toMatchObject({ ok: true });
    expect(await send(channel)).toMatchObject({ ok: true });
  });
});

describe("programs", () => {
  it("are not run unless the configuration allows them", async () => {
    const path = pathOf("forbidden");
    const code = `require("node:fs").writeFileSync(process.argv[1], "")`;
    for (const rest of [{}, { allowExec: false }])
      expect(await send(channelOf(program(code, path), {}, rest))).toMatchObject({
        ok: false,
        retryable: false,
      });
    expect(existsSync(path)).toBe(false);
  });

  it("are refused with line and reason in a file that may not name them", async () => {
    const path = pathOf("alertmanager.yml");
    await writeFile(
      path,
      "route: { receiver: ops }\nreceivers:\n  - name: ops\n    exec_configs:\n      - command: [/bin/true]\n",
    );
    expect(readAlertmanagerFile(path, { allowExec: true }).receivers[0]?.integrations).toHaveLength(
      1,
    );
    expect(() => readAlertmanagerFile(path, { allowExec: false })).toThrow(
      /programs are not run unless alerting\.exec\.enabled is true/,
    );
    expect(() => readAlertmanagerFile(path, { allowExec: false })).toThrow(
      expect.objectContaining({
        problems: [expect.objectContaining({ source: path, line: 5 })],
      }),
    );
  });

  it.each([[["ls"]], [[""]], [[]], [["/bin/\0x"]]])("cannot be %j", (command) => {
    expect(ExecConfig.safeParse({ command }).success).toBe(false);
  });

  it("are shown by their path alone", async () => {
    const channel = channelOf(["/usr/local/bin/tell", "--token=sentinel"]);
    expect(channel.target).toBe("/usr/local/bin/tell");
    expect(await channel.preview(sampleNotification())).not.toContain("sentinel");
  });
});
