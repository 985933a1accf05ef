import { NO_LABELS, type Emit } from "./emit.ts";

/** Units of the kernel in its files: a hundredth of a second and, for disks, 512 bytes whatever the device says. */
const TICKS_PER_SECOND = 100;
const SECTOR_BYTES = 512;

const CPU_MODES = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"] as const;

const STAT_FIGURES: Readonly<Record<string, string>> = {
  ctxt: "node_context_switches_total",
  btime: "node_boot_time_seconds",
  processes: "node_forks_total",
  procs_running: "node_procs_running",
  procs_blocked: "node_procs_blocked",
};

const MEMORY_FIELDS = new Set([
  "MemTotal",
  "MemFree",
  "MemAvailable",
  "Buffers",
  "Cached",
  "SwapTotal",
  "SwapFree",
  "SwapCached",
  "Active",
  "Inactive",
  "AnonPages",
  "Mapped",
  "Shmem",
  "Slab",
  "Dirty",
  "Writeback",
  "CommitLimit",
  "Committed_AS",
]);

/** Partitions and memory disks, as node_exporter leaves them out. */
const IGNORED_DISK = /^(?:ram|loop|fd|(?:h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$/;

const words = (line: string): string[] => line.trim().split(/\s+/);

/** `/proc/stat`: time of each CPU by mode, context switches, processes. */
export function emitStat(text: string, emit: Emit): void {
  for (const line of text.split("\n")) {
    const [key = "", ...values] = words(line);
    const cpu = /^cpu(\d+)$/.exec(key)?.[1];
    if (cpu !== undefined) {
      for (const [at, mode] of CPU_MODES.entries()) {
        const ticks = values[at];
        if (ticks === undefined) continue;
        emit("node_cpu_seconds_total", { cpu, mode }, Number(ticks) / TICKS_PER_SECOND);
      }
    }
    const name = STAT_FIGURES[key];
    if (name !== undefined && values[0] !== undefined) emit(name, NO_LABELS, Number(values[0]));
  }
}

/** `/proc/meminfo`, in bytes. */
export function emitMeminfo(text: string, emit: Emit): void {
  for (const line of text.split("\n")) {
    const match = /^(\w+):\s+(\d+) kB$/.exec(line);
    const field = match?.[1] ?? "";
    if (MEMORY_FIELDS.has(field)) {
      emit(`node_memory_${field}_bytes`, NO_LABELS, Number(match?.[2]) * 1024);
    }
  }
}

/** `/proc/diskstats`, whole devices only. */
export function emitDiskstats(text: string, emit: Emit): void {
  for (const line of text.split("\n")) {
    const fields = words(line);
    const device = fields[2];
    if (device === undefined || fields.length < 14 || IGNORED_DISK.test(device)) continue;
    const labels = { device };
    const field = (at: number): number => Number(fields[at]);
    emit("node_disk_reads_completed_total", labels, field(3));
    emit("node_disk_read_bytes_total", labels, field(5) * SECTOR_BYTES);
    emit("node_disk_read_time_seconds_total", labels, field(6) / 1000);
    emit("node_disk_writes_completed_total", labels, field(7));
    emit("node_disk_written_bytes_total", labels, field(9) * SECTOR_BYTES);
    emit("node_disk_write_time_seconds_total", labels, field(10) / 1000);
    emit("node_disk_io_now", labels, field(11));
    emit("node_disk_io_time_seconds_total", labels, field(12) / 1000);
  }
}

const NETWORK_COLUMNS: readonly (readonly [column: number, name: string])[] = [
  [0, "node_network_receive_bytes_total"],
  [1, "node_network_receive_packets_total"],
  [2, "node_network_receive_errs_total"],
  [3, "node_network_receive_drop_total"],
  [8, "node_network_transmit_bytes_total"],
  [9, "node_network_transmit_packets_total"],
  [10, "node_network_transmit_errs_total"],
  [11, "node_network_transmit_drop_total"],
];

/** `/proc/net/dev`. */
export function emitNetwork(text: string, emit: Emit): void {
  for (const line of text.split("\n").slice(2)) {
    const match = /^\s*(\S+):\s*(.*)$/.exec(line);
    const device = match?.[1];
    if (device === undefined) continue;
    const columns = words(match?.[2] ?? "");
    for (const [column, name] of NETWORK_COLUMNS) {
      const value = columns[column];
      if (value !== undefined) emit(name, { device }, Number(value));
    }
  }
}

/** `/proc/loadavg`. */
export function emitLoad(text: string, emit: Emit): void {
  // Number("") would be 0, a load that no file told.
  const [load1, load5, load15] = words(text).map((word) =>
    word === "" ? Number.NaN : Number(word),
  );
  for (const [name, load] of [
    ["node_load1", load1],
    ["node_load5", load5],
    ["node_load15", load15],
  ] as const) {
    if (load !== undefined) emit(name, NO_LABELS, load);
  }
}

/** `/proc/sys/fs/file-nr`. */
export function emitFileNumber(text: string, emit: Emit): void {
  const [allocated, , maximum] = words(text);
  if (allocated === undefined || maximum === undefined) return;
  emit("node_filefd_allocated", NO_LABELS, Number(allocated));
  emit("node_filefd_maximum", NO_LABELS, Number(maximum));
}

/** `/proc/pressure/cpu`, `io` or `memory`: time in which some or all tasks waited. */
export function emitPressure(resource: "cpu" | "io" | "memory", text: string, emit: Emit): void {
  for (const [, kind, micros] of text.matchAll(/^(some|full) .*total=(\d+)$/gm)) {
    // All tasks of a machine cannot wait for the CPU at once; newer kernels print zeros.
    if (kind === "full" && resource === "cpu") continue;
    const what = kind === "some" ? "waiting" : "stalled";
    emit(`node_pressure_${resource}_${what}_seconds_total`, NO_LABELS, Number(micros) / 1e6);
  }
}

export interface Mount {
  device: string;
  mountpoint: string;
  fstype: string;
}

/** File systems that hold nobody's files, as node_exporter leaves them out, and memory. */
const UNREAL_TYPES = new Set(
  (
    "autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs fusectl hugetlbfs iso9660 mqueue nsfs " +
    "overlay proc procfs pstore rpc_pipefs securityfs selinuxfs squashfs sysfs tmpfs ramfs efivarfs tracefs"
  ).split(" "),
);
const UNREAL_POINT =
  /^\/(?:dev|proc|run\/credentials\/.+|sys|var\/lib\/docker\/.+|var\/lib\/containers\/storage\/.+)(?:$|\/)/;

const unescapeMount = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** `/proc/mounts`: real file systems, each mount point once. The root counts also when it is a container's overlay. */
export function parseMounts(text: string): Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [device, point, fstype] = line.split(" ");
    if (device === undefined || point === undefined || fstype === undefined) continue;
    const mountpoint = unescapeMount(point);
    const isReal = !UNREAL_TYPES.has(fstype) && !UNREAL_POINT.test(mountpoint);
    if (!isReal && !(mountpoint === "/" && fstype === "overlay")) continue;
    mounts.set(mountpoint, { device: unescapeMount(device), mountpoint, fstype });
  }
  return [...mounts.values()];
}
