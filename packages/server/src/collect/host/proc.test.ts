import { describe, expect, it } from "vitest";

import { formatLabels } from "#lib";

import type { Emit } from "./emit.ts";
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

function emitted(read: (emit: Emit) => void): Record<string, number> {
  const figures: Record<string, number> = {};
  read((name, labels, value) => {
    figures[formatLabels({ __name__: name, ...labels })] = value;
  });
  return figures;
}

describe("files of the kernel", () => {
  it("stat", () => {
    const text =
      "cpu  300 0 0 0 0 0 0 0 0 0\ncpu0 100 1 50 8000 7 3 2 1 0 0\ncpu11 200 0 0 100\n" +
      "intr 5 1 1\nctxt 42\nbtime 1700000000\nprocesses 7\nprocs_running 2\nprocs_blocked 1\nsoftirq 1 2\n";
    expect(emitted((emit) => emitStat(text, emit))).toEqual({
      'node_cpu_seconds_total{cpu="0",mode="user"}': 1,
      'node_cpu_seconds_total{cpu="0",mode="nice"}': 0.01,
      'node_cpu_seconds_total{cpu="0",mode="system"}': 0.5,
      'node_cpu_seconds_total{cpu="0",mode="idle"}': 80,
      'node_cpu_seconds_total{cpu="0",mode="iowait"}': 0.07,
      'node_cpu_seconds_total{cpu="0",mode="irq"}': 0.03,
      'node_cpu_seconds_total{cpu="0",mode="softirq"}': 0.02,
      'node_cpu_seconds_total{cpu="0",mode="steal"}': 0.01,
      'node_cpu_seconds_total{cpu="11",mode="user"}': 2,
      'node_cpu_seconds_total{cpu="11",mode="nice"}': 0,
      'node_cpu_seconds_total{cpu="11",mode="system"}': 0,
      'node_cpu_seconds_total{cpu="11",mode="idle"}': 1,
      node_context_switches_total: 42,
      node_boot_time_seconds: 1_700_000_000,
      node_forks_total: 7,
      node_procs_running: 2,
      node_procs_blocked: 1,
    });
  });

  it("meminfo", () => {
    const text =
      "MemTotal:       1000 kB\nHugePages_Total:       3\nCommitted_AS:   20 kB\nKReclaimable: 1 kB\n";
    expect(emitted((emit) => emitMeminfo(text, emit))).toEqual({
      node_memory_MemTotal_bytes: 1_024_000,
      node_memory_Committed_AS_bytes: 20_480,
    });
  });

  it("diskstats, whole devices only", () => {
    const line = "10 2 30 4000 50 6 70 8000 9 100 11";
    const text = ["sda", "sda1", "nvme0n1", "nvme0n1p2", "loop0", "dm-0"]
      .map((device) => ` 8 0 ${device} ${line}\n`)
      .join("");
    const figures = emitted((emit) => emitDiskstats(text, emit));
    const devices = new Set(Object.keys(figures).map((name) => /device="(.*)"/.exec(name)?.[1]));
    expect([...devices]).toEqual(["sda", "nvme0n1", "dm-0"]);
    expect(figures['node_disk_reads_completed_total{device="sda"}']).toBe(10);
    expect(figures['node_disk_read_bytes_total{device="sda"}']).toBe(30 * 512);
    expect(figures['node_disk_read_time_seconds_total{device="sda"}']).toBe(4);
    expect(figures['node_disk_writes_completed_total{device="sda"}']).toBe(50);
    expect(figures['node_disk_written_bytes_total{device="sda"}']).toBe(70 * 512);
    expect(figures['node_disk_write_time_seconds_total{device="sda"}']).toBe(8);
    expect(figures['node_disk_io_now{device="sda"}']).toBe(9);
    expect(figures['node_disk_io_time_seconds_total{device="sda"}']).toBe(0.1);
  });

  it("net/dev, also when a number touches the colon", () => {
    const text =
      "Inter-| Receive\n face |bytes\n    lo:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n" +
      "  eth0.100: 17 18 0 0 0 0 0 0 19 20 0 0 0 0 0 0\n";
    const figures = emitted((emit) => emitNetwork(text, emit));
    expect(Object.keys(figures)).toHaveLength(16);
    expect(figures['node_network_receive_bytes_total{device="lo"}']).toBe(1);
    expect(figures['node_network_receive_packets_total{device="lo"}']).toBe(2);
    expect(figures['node_network_receive_errs_total{device="lo"}']).toBe(3);
    expect(figures['node_network_transmit_bytes_total{device="lo"}']).toBe(9);
    expect(figures['node_network_transmit_errs_total{device="lo"}']).toBe(11);
    expect(figures['node_network_transmit_bytes_total{device="eth0.100"}']).toBe(19);
  });

  it("loadavg, file-nr and pressure", () => {
    expect(emitted((emit) => emitLoad("0.60 0.32 0.21 1/149 25717\n", emit))).toEqual({
      node_load1: 0.6,
      node_load5: 0.32,
      node_load15: 0.21,
    });
    expect(emitted((emit) => emitFileNumber("743\t0\t2466177\n", emit))).toEqual({
      node_filefd_allocated: 743,
      node_filefd_maximum: 2_466_177,
    });
    const text =
      "some avg10=1.50 avg60=2.19 avg300=1.85 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n";
    expect(emitted((emit) => emitPressure("io", text, emit))).toEqual({
      node_pressure_io_waiting_seconds_total: 2.5,
      node_pressure_io_stalled_seconds_total: 0.5,
    });
    expect(emitted((emit) => emitPressure("cpu", text, emit))).toEqual({
      node_pressure_cpu_waiting_seconds_total: 2.5,
    });
  });

  it("mounts: real file systems, the latest of each place, names unescaped", () => {
    const text = [
      "proc /proc proc rw 0 0",
      "tmpfs /dev/shm tmpfs rw 0 0",
      "/dev/old / ext4 rw 0 0",
      "overlay / overlay rw 0 0",
      "overlay /var/lib/docker/x overlay rw 0 0",
      "/dev/sdb1 /mnt/my\\040disk xfs rw 0 0",
      "/dev/sdc1 /var/lib/docker/volumes ext4 rw 0 0",
      "server:/home /home nfs4 rw 0 0",
      "",
    ].join("\n");
    expect(parseMounts(text)).toEqual([
      { device: "overlay", mountpoint: "/", fstype: "overlay" },
      { device: "/dev/sdb1", mountpoint: "/mnt/my disk", fstype: "xfs" },
      { device: "server:/home", mountpoint: "/home", fstype: "nfs4" },
    ]);
  });

  it.each([emitStat, emitMeminfo, emitDiskstats, emitNetwork, emitLoad, emitFileNumber])(
    "an empty or strange file gives nothing (%o)",
    (read) => {
      for (const text of ["", "\n\n", "a b c\n", "cpu\n:\n"]) {
        const figures = emitted((emit) => read(text, emit));
        expect(Object.values(figures).filter(Number.isFinite)).toEqual([]);
      }
    },
  );
});
