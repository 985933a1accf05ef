import { isIPv6 } from "node:net";

import type { ScrapeJob } from "#config";
import type { LabelSet } from "#lib";

import type { TargetGroup } from "../target-labels.ts";
import { PolledSource } from "./polled.ts";
import type { Source, SourceContext } from "./types.ts";

type DnsSdConfig = ScrapeJob["dns_sd_configs"][number];

/** Records of one name that are taken. */
const MAX_RECORDS = 10_000;

/** What is asked of a resolver: the part of `node:dns` that matters here. */
export interface DnsResolver {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  resolveSrv(name: string): Promise<{ name: string; port: number }[]>;
  resolveMx(name: string): Promise<{ exchange: string }[]>;
  resolveNs(name: string): Promise<string[]>;
  cancel(): void;
}

const hostPort = (host: string, port: number): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host.replace(/\.$/, "")}:${port}`;

const withDot = (name: string): string => (name.endsWith(".") ? name : `${name}.`);

async function lookUp(
  name: string,
  { type, port }: DnsSdConfig,
  resolver: DnsResolver,
): Promise<LabelSet[]> {
  switch (type) {
    case "A":
      return (await resolver.resolve4(name)).map((ip) => ({ __address__: hostPort(ip, port) }));
    case "AAAA":
      return (await resolver.resolve6(name)).map((ip) => ({ __address__: hostPort(ip, port) }));
    case "MX":
      return (await resolver.resolveMx(name)).map(({ exchange }) => ({
        __address__: hostPort(exchange, port),
        __meta_dns_mx_record_target: withDot(exchange),
      }));
    case "NS":
      return (await resolver.resolveNs(name)).map((host) => ({
        __address__: hostPort(host, port),
        __meta_dns_ns_record_target: withDot(host),
      }));
    case "SRV":
      return (await resolver.resolveSrv(name)).map((record) => ({
        __address__: hostPort(record.name, record.port),
        __meta_dns_srv_record_target: withDot(record.name),
        __meta_dns_srv_record_port: String(record.port),
      }));
  }
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  ["ENOTFOUND", "ENODATA"].includes(String(error.code));

/** Targets in DNS. A name that is not there has no targets; one that can not be looked up keeps those it had. */
export function createDnsSource(
  config: DnsSdConfig,
  resolver: DnsResolver,
  context: SourceContext,
): Source {
  const look = async (signal: AbortSignal): Promise<TargetGroup[]> => {
    const cancel = (): void => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await Promise.all(
        config.names.map(async (name) => {
          const found = await lookUp(name, config, resolver).catch((error: unknown) => {
            if (isAbsent(error)) return [];
            throw error;
          });
          return {
            targets: found
              .slice(0, MAX_RECORDS)
              .toSorted((a, b) => ((a["__address__"] ?? "") < (b["__address__"] ?? "") ? -1 : 1)),
            labels: { __meta_dns_name: name },
          };
        }),
      );
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
  return new PolledSource(
    { place: config.names.join(", "), intervalMs: config.refresh_interval, look },
    context,
  );
}
