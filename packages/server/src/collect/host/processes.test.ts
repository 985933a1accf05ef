import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { formatLabels } from "#lib";

import { Processes } from "./processes.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function figuresOf(processes: Processes): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  await processes.emit((name, labels, value) => {
    figures[formatLabels({ __name__: name, ...labels })] = value;
  });
  return figures;
}

const socketLine = (port: number, inode: number, state = "0A"): string =>
  `   0: 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0\n`;

/** A `/proc` with two processes: 41 holds socket 900, 42 holds 901. */
async function fixture(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "proc-"));
  cleanups.push(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "net"));
  const header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n";
  await writeFile(
    join(folder, "net/tcp"),
    header + socketLine(8001, 900) + socketLine(9000, 901, "01"),
  );
  await writeFile(join(folder, "net/tcp6"), header + socketLine(8002, 901));
  for (const [pid, inode] of [
    ["41", 900],
    ["42", 901],
  ] as const) {
    await mkdir(join(folder, pid, "fd"), { recursive: true });
    await symlink("/dev/null", join(folder, pid, "fd/0"));
    await symlink(`socket:[${inode}]`, join(folder, pid, "fd/3"));
    const after = Array.from({ length: 40 }, (_, at) => String(at * 100));
    await writeFile(join(folder, pid, "stat"), `${pid} (we ird) name) ${after.join(" ")}\n`);
    await writeFile(join(folder, pid, "status"), "Name:\tx\nVmSize:\t   50 kB\nVmRSS:\t   20 kB\n");
  }
  return folder;
}

const SERVICES = [
  { service: "one", url: "http://127.0.0.1:8001/" },
  { service: "two", url: "http://localhost:8002" },
  { service: "client", url: "http://127.0.0.1:9000" },
  { service: "elsewhere", url: "http://10.0.0.1:8001" },
  { service: "broken", url: "not a url" },
];

describe("Processes", () => {
  it("finds the processes behind services of this machine", async () => {
    const figures = await figuresOf(
      new Processes(
        await fixture(),
        () => SERVICES,
        () => 0,
      ),
    );
    expect(figures).toMatchObject({
      'namedprocess_namegroup_cpu_seconds_total{groupname="one",mode="user"}': 11,
      'namedprocess_namegroup_cpu_seconds_total{groupname="one",mode="system"}': 12,
      'namedprocess_namegroup_num_threads{groupname="one"}': 1700,
      'namedprocess_namegroup_memory_bytes{groupname="two",memtype="resident"}': 20_480,
      'namedprocess_namegroup_memory_bytes{groupname="two",memtype="virtual"}': 51_200,
    });
    expect(Object.keys(figures)).toHaveLength(10);
  });

  it("searches again after a minute, and then notices that another process listens", async () => {
    const folder = await fixture();
    let nowMs = 0;
    const processes = new Processes(
      folder,
      () => SERVICES.slice(0, 1),
      () => nowMs,
    );
    expect(Object.keys(await figuresOf(processes))).toHaveLength(5);
    await writeFile(join(folder, "net/tcp"), socketLine(8001, 901));
    await rm(join(folder, "41"), { recursive: true });
    expect(await figuresOf(processes)).toEqual({});
    nowMs = 60_000;
    expect(Object.keys(await figuresOf(processes))).toHaveLength(5);
    await writeFile(join(folder, "net/tcp"), "");
    nowMs = 120_000;
    expect(await figuresOf(processes)).toEqual({});
  });

  it("does not search a machine with too many processes", async () => {
    const limits = { searchIntervalMs: 1000, maxProcesses: 1 };
    const processes = new Processes(
      await fixture(),
      () => SERVICES,
      () => 0,
      limits,
    );
    expect(await figuresOf(processes)).toEqual({});
  });

  it.runIf(process.platform === "linux")("finds a real process", async () => {
    const script =
      "const s=require('net').createServer().listen(0,'127.0.0.1',()=>process.send(s.address().port));process.on('disconnect',()=>process.exit())";
    const folder = await mkdtemp(join(tmpdir(), "listener-"));
    await writeFile(join(folder, "listener.cjs"), script);
    const child = fork(join(folder, "listener.cjs"));
    cleanups.push(
      () => rm(folder, { recursive: true }),
      () => child.disconnect(),
    );
    const [port] = (await once(child, "message")) as [number];
    const own = createServer().listen(0, "127.0.0.1");
    await once(own, "listening");
    cleanups.push(() => own.close());
    const services = [
      { service: "child", url: `http://127.0.0.1:${port}` },
      { service: "self", url: `http://127.0.0.1:${(own.address() as AddressInfo).port}` },
    ];
    const figures = await figuresOf(new Processes("/proc", () => services, Date.now));
    const resident = (service: string): number | undefined =>
      figures[`namedprocess_namegroup_memory_bytes{groupname="${service}",memtype="resident"}`];
    expect(resident("child")).toBeGreaterThan(10e6);
    const own_ = resident("self") ?? 0;
    expect(Math.abs(own_ - process.memoryUsage.rss())).toBeLessThan(0.2 * own_);
  });
});
