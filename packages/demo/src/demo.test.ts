import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { afterEach, describe, expect, it, vi } from "vitest";

import { SCENARIOS, startDemo } from "./index.ts";

const MAIN = fileURLToPath(new URL("fleet-main.ts", import.meta.url));

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

type Call = { method: string; path: string; body: Record<string, unknown>; authorization: string };

/** Lines of JSON come as a list. */
function bodyOf(text: string, contentType: string | undefined): Record<string, unknown> {
  if (contentType !== "application/x-ndjson") return text === "" ? {} : JSON.parse(text);
  return { lines: text.split("\n").map((line) => JSON.parse(line) as unknown) };
}

/** An HTTP peer that takes what the demo sends to a server, and keeps it. */
async function peer(): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = [];
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      calls.push({
        method: request.method ?? "",
        path: request.url ?? "",
        body: bodyOf(text, request.headers["content-type"]),
        authorization: request.headers.authorization ?? "",
      });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("startDemo", () => {
  it("registers twelve services as a user would, tells what breaks, and leaves nothing behind", async () => {
    const { url, calls } = await peer();
    const heard: string[] = [];
    const demo = await startDemo({
      serverUrl: url,
      scenario: "outage",
      token: "secret",
      ports: "free",
      outage: "0.3,0.5,600",
      onMessage: (line) => heard.push(line),
    });
    const registered = () => calls.filter(({ path }) => path === "/api/v1/services/register");
    await vi.waitFor(() => expect(registered()).toHaveLength(12), 15_000);
    expect(demo.services).toHaveLength(12);
    const memory = demo.services.find(({ id }) => id === "memory-manager");
    const call = registered().find(({ body }) => body["id"] === "memory-manager");
    expect(call?.authorization).toBe("Bearer secret");
    expect(call?.body).toEqual({
      id: "memory-manager",
      name: "Memory Manager",
      type: "api",
      url: memory?.url,
      health_endpoint: "/health",
      metrics_endpoint: "/metrics",
      labels: { component: "memory" },
      check: { interval_seconds: 2, timeout_seconds: 1 },
      scrape: { interval_seconds: 10 },
    });
    await vi.waitFor(() => {
      const rules = calls.filter(({ path }) => path === "/api/v1/alerts/rules");
      expect(rules.map(({ body }) => body["id"])).toEqual([
        "demo-queue-depth",
        "demo-task-latency",
      ]);
    }, 15_000);
    await vi.waitFor(() => expect(heard).toHaveLength(2), 15_000);
    expect(heard[0]).toContain("memory-manager breaks");

    const text = JSON.stringify({ alerts: [{ labels: { alertname: "X" } }] });
    await fetch(demo.webhookUrl, { method: "POST", body: text });
    expect(heard.at(-1)).toBe("FIRING: X");

    const start = performance.now();
    await demo.stop();
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(alive(demo.pid)).toBe(false);
    for (const one of [...demo.services.map((service) => service.url), demo.webhookUrl]) {
      await expect(fetch(one)).rejects.toThrow("fetch failed");
    }
    expect(calls.filter(({ method }) => method === "DELETE")).toEqual([]);
  });

  it("says so when the fleet ends by itself", async () => {
    const { url } = await peer();
    const heard: string[] = [];
    const onMessage = (line: string) => heard.push(line);
    const demo = await startDemo({ serverUrl: url, scenario: "calm", ports: "free", onMessage });
    process.kill(demo.pid, "SIGKILL");
    await vi.waitFor(
      () => expect(heard.join()).toContain("the demo fleet ended by itself"),
      15_000,
    );
    await demo.stop();
  });

  it("rejects, and leaves nothing running, when the fleet cannot start", async () => {
    const options = { serverUrl: "nonsense", scenario: "calm", onMessage: () => {} } as const;
    await expect(startDemo(options)).rejects.toThrow("exit code 2");
    const wrong = { ...options, serverUrl: "http://127.0.0.1:1", outage: "9,9,9" };
    await expect(startDemo(wrong)).rejects.toThrow("exit code 2");
  });
});

describe("fleet-main", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });

  it("explains itself and refuses wrong arguments with exit code 2", () => {
    expect(run("--help")).toMatchObject({ status: 0 });
    for (const name of SCENARIOS) expect(run("--help").stdout).toContain(name);
    const cases: [string[], string][] = [
      [[], "--server must be"],
      [["--server", "ftp://x"], "--server must be"],
      [["--server", "http://x", "--scenario", "storm"], "--scenario must be one of"],
      [["--server", "http://x", "--nonsense"], "--nonsense"],
    ];
    for (const [args, words] of cases) {
      const { status, stderr } = run(...args);
      expect(status).toBe(2);
      expect(stderr).toContain(words);
    }
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`stops at ${signal} without waiting for anybody, deregistering when told to`, async () => {
      const { url, calls } = await peer();
      const args = [MAIN, "--server", url, "--free-ports", "--deregister"];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      await vi.waitFor(() => expect(calls.length).toBeGreaterThanOrEqual(14), 15_000);
      const exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
      const start = performance.now();
      child.kill(signal);
      expect(await exited).toBe(0);
      expect(performance.now() - start).toBeLessThan(20_000);
      expect(calls.filter(({ method }) => method === "DELETE")).toHaveLength(12);
    });
  }

  it("ends when its parent is gone", async () => {
    const child = spawn(
      process.execPath,
      [MAIN, "--server", "http://127.0.0.1:1", "--free-ports"],
      {
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      },
    );
    await new Promise((resolve) =>
      child.on("message", (message: { type: string }) => message.type === "ready" && resolve(0)),
    );
    const exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
    child.disconnect();
    expect(await exited).toBe(0);
  });
});
