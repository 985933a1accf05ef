import { readFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";

import { NO_LABELS, type Emit } from "./emit.ts";
import type { FileSystems } from "./file-systems.ts";
import {
  emitDiskstats,
  emitFileNumber,
  emitLoad,
  emitMeminfo,
  emitNetwork,
  emitPressure,
  emitStat,
  parseMounts,
} from "./proc.ts";

/** One file of the kernel and what is read from it. A file that is not there is left out. */
const FILES: readonly (readonly [path: string, read: (text: string, emit: Emit) => void])[] = [
  ["stat", emitStat],
  ["meminfo", emitMeminfo],
  ["diskstats", emitDiskstats],
  ["net/dev", emitNetwork],
  ["loadavg", emitLoad],
  ["sys/fs/file-nr", emitFileNumber],
  ["pressure/cpu", (text, emit) => emitPressure("cpu", text, emit)],
  ["pressure/io", (text, emit) => emitPressure("io", text, emit)],
  ["pressure/memory", (text, emit) => emitPressure("memory", text, emit)],
];

function emitUname(emit: Emit, domainname: string): void {
  emit(
    "node_uname_info",
    {
      domainname,
      machine: os.machine(),
      nodename: os.hostname(),
      release: os.release(),
      sysname: os.type(),
      version: os.version(),
    },
    1,
  );
}

/** Reads `/proc`; `procPath` is another place in a test, or where a container has its host's. */
export async function emitLinux(
  procPath: string,
  fileSystems: FileSystems,
  emit: Emit,
): Promise<void> {
  const read = (path: string): Promise<string> =>
    readFile(join(procPath, path), "utf8").catch(() => "");
  for (const [path, parse] of FILES) parse(await read(path), emit);
  emitUname(emit, (await read("sys/kernel/domainname")).trim());
  await fileSystems.emit(parseMounts(await read("mounts")), emit);
}

/** What Node knows of any operating system, under the same names. */
export async function emitPortable(
  nowMs: number,
  fileSystems: FileSystems,
  emit: Emit,
): Promise<void> {
  for (const [cpu, { times }] of os.cpus().entries()) {
    for (const [mode, node] of [
      ["user", "user"],
      ["nice", "nice"],
      ["system", "sys"],
      ["idle", "idle"],
      ["irq", "irq"],
    ] as const) {
      emit("node_cpu_seconds_total", { cpu: String(cpu), mode }, times[node] / 1000);
    }
  }
  emit("node_memory_MemTotal_bytes", NO_LABELS, os.totalmem());
  emit("node_memory_MemFree_bytes", NO_LABELS, os.freemem());
  emit("node_memory_MemAvailable_bytes", NO_LABELS, os.freemem());
  emitLoad(os.loadavg().join(" "), emit);
  emit("node_boot_time_seconds", NO_LABELS, Math.round(nowMs / 1000 - os.uptime()));
  emitUname(emit, "");
  const root = process.platform === "win32" ? "C:\\" : "/";
  await fileSystems.emit([{ device: root, mountpoint: root, fstype: "unknown" }], emit);
}
