import { readdirSync, readlinkSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import type { Emit } from "./emit.ts";

/** A service that may run on this machine; found by the port that it listens on. */
export interface LocalService {
  service: string;
  url: string;
}

/** How long a search for processes may keep the event loop before others have a turn. */
const SLICE_MS = 5;
const TICKS_PER_SECOND = 100;
/** State of a listening socket in `/proc/net/tcp`. */
const LISTENING = "0A";

export interface ProcessLimits {
  /** A search happens at most this often. */
  searchIntervalMs: number;
  /** With more processes on the machine than this nothing is searched. */
  maxProcesses: number;
}

const DEFAULT_LIMITS: ProcessLimits = { searchIntervalMs: 60_000, maxProcesses: 2000 };

interface Found {
  pid: string;
  inode: string;
}

const isLocal = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || host.startsWith("127.") || host === hostname();

/** The port of a service on this machine; undefined when it is elsewhere. */
function localPort({ url }: LocalService): number | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || !isLocal(parsed.hostname)) return undefined;
  return Number(parsed.port || (parsed.protocol === "https:" ? 443 : 80));
}

/** CPU, memory and threads of the processes behind services, under the names of process_exporter. */
export class Processes {
  private readonly procPath: string;
  private readonly services: () => readonly LocalService[];
  private readonly now: () => number;
  private readonly limits: ProcessLimits;
  private found = new Map<string, Found>();
  private searchAgainMs = Number.NEGATIVE_INFINITY;

  constructor(
    procPath: string,
    services: () => readonly LocalService[],
    now: () => number,
    limits: ProcessLimits = DEFAULT_LIMITS,
  ) {
    this.procPath = procPath;
    this.services = services;
    this.now = now;
    this.limits = limits;
  }

  async emit(emit: Emit): Promise<void> {
    if (this.now() >= this.searchAgainMs) {
      this.searchAgainMs = this.now() + this.limits.searchIntervalMs;
      await this.search();
    }
    for (const [service, { pid }] of this.found) await this.emitProcess(service, pid, emit);
  }

  private read(path: string): Promise<string> {
    return readFile(join(this.procPath, path), "utf8").catch(() => "");
  }

  private async emitProcess(service: string, pid: string, emit: Emit): Promise<void> {
    const stat = await this.read(`${pid}/stat`);
    const status = await this.read(`${pid}/status`);
    // The name before the last parenthesis may hold anything, also blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields.length < 20) return;
    const labels = { groupname: service };
    const cpu = "namedprocess_namegroup_cpu_seconds_total";
    emit(cpu, { ...labels, mode: "user" }, Number(fields[11]) / TICKS_PER_SECOND);
    emit(cpu, { ...labels, mode: "system" }, Number(fields[12]) / TICKS_PER_SECOND);
    emit("namedprocess_namegroup_num_threads", labels, Number(fields[17]));
    for (const [memtype, field] of [
      ["resident", "VmRSS"],
      ["virtual", "VmSize"],
      ["swapped", "VmSwap"],
    ] as const) {
      const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
      if (kilobytes === undefined) continue;
      emit("namedprocess_namegroup_memory_bytes", { ...labels, memtype }, Number(kilobytes) * 1024);
    }
  }

  /** Listening sockets by port: `sl local_address rem_address st … inode`, ports in hexadecimal. */
  private async listeners(): Promise<Map<number, string>> {
    const inodes = new Map<number, string>();
    for (const path of ["net/tcp", "net/tcp6"]) {
      for (const line of (await this.read(path)).split("\n")) {
        const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
        if (state !== LISTENING || inode === undefined) continue;
        inodes.set(Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16), inode);
      }
    }
    return inodes;
  }

  /** Who holds a socket stands only in the lists of open files of all processes: read only when a socket is new. */
  private async search(): Promise<void> {
    const listeners = await this.listeners();
    const found = new Map<string, Found>();
    const wanted = new Map<string, string[]>();
    for (const service of this.services()) {
      const port = localPort(service);
      const inode = port === undefined ? undefined : listeners.get(port);
      if (inode === undefined) continue;
      const known = this.found.get(service.service);
      if (known?.inode === inode) found.set(service.service, known);
      else wanted.set(inode, [...(wanted.get(inode) ?? []), service.service]);
    }
    if (wanted.size > 0) {
      for (const [inode, pid] of await this.holders(wanted)) {
        for (const service of wanted.get(inode) ?? []) found.set(service, { pid, inode });
      }
    }
    this.found = found;
  }

  private async holders(wanted: ReadonlyMap<string, unknown>): Promise<Map<string, string>> {
    const holders = new Map<string, string>();
    const names = await readdir(this.procPath).catch((): string[] => []);
    const pids = names.filter((name) => /^\d+$/.test(name));
    if (pids.length > this.limits.maxProcesses) return holders;
    let turnMs = performance.now();
    for (const pid of pids) {
      for (const inode of this.socketsOf(pid)) if (wanted.has(inode)) holders.set(inode, pid);
      if (holders.size === wanted.size) break;
      if (performance.now() - turnMs < SLICE_MS) continue;
      await nextTurn();
      turnMs = performance.now();
    }
    return holders;
  }

  /** Synchronous: a read of the kernel's memory takes less time than handing it to a thread. */
  private socketsOf(pid: string): string[] {
    const folder = join(this.procPath, pid, "fd");
    const inodes: string[] = [];
    try {
      for (const descriptor of readdirSync(folder)) {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(join(folder, descriptor)))?.[1];
        if (inode !== undefined) inodes.push(inode);
      }
    } catch {
      // Another user's process, or one that ended meanwhile.
    }
    return inodes;
  }
}
