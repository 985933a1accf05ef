import { createLogger } from "#lib";
import { describe, expect, it } from "vitest";

import { ConfigSchema } from "#config";

import { createDnsSource, type DnsResolver } from "./dns.ts";

const failure = (code: string) => Object.assign(new Error(code), { code });

/** A zone: what is not in it does not exist. */
const zone = (records: Record<string, unknown>): DnsResolver => {
  const resolve = async (name: string) => {
    const found = records[name];
    if (found instanceof Error) throw found;
    if (found === undefined) throw failure("ENOTFOUND");
    return found as never;
  };
  return {
    resolve4: resolve,
    resolve6: resolve,
    resolveSrv: resolve,
    resolveMx: resolve,
    resolveNs: resolve,
    cancel: () => {},
  };
};

/** What a source finds at its first look; `errors` counts looks that failed. */
async function look(config: Record<string, unknown>, records: Record<string, unknown>) {
  const parsed = ConfigSchema.parse({
    scrape_configs: [{ job_name: "dns", dns_sd_configs: [config] }],
  }).scrape_configs[0]?.dns_sd_configs[0];
  if (parsed === undefined) throw new Error("no configuration");
  let errors = 0;
  const source = createDnsSource(parsed, zone(records), {
    logger: createLogger({ level: "silent", format: "json" }, { version: "test" }),
    job: "dns",
    onChange: () => {},
    onError: () => errors++,
  });
  await source.start();
  await new Promise((resolve) => setImmediate(resolve));
  const groups = source.groups();
  await source.stop();
  return { groups, errors };
}

describe("targets in DNS", () => {
  it.each<[string, Record<string, unknown>, unknown, unknown[]]>([
    [
      "SRV",
      { names: ["n"] },
      [
        { name: "b.example", port: 2 },
        { name: "a.example", port: 1 },
      ],
      [
        {
          __address__: "a.example:1",
          __meta_dns_srv_record_target: "a.example.",
          __meta_dns_srv_record_port: "1",
        },
        {
          __address__: "b.example:2",
          __meta_dns_srv_record_target: "b.example.",
          __meta_dns_srv_record_port: "2",
        },
      ],
    ],
    [
      "A",
      { names: ["n"], type: "A", port: 9100 },
      ["10.0.0.1"],
      [{ __address__: "10.0.0.1:9100" }],
    ],
    [
      "AAAA",
      { names: ["n"], type: "aaaa", port: 80 },
      ["fd00::1"],
      [{ __address__: "[fd00::1]:80" }],
    ],
    [
      "MX",
      { names: ["n"], type: "MX", port: 25 },
      [{ exchange: "mail.example", priority: 1 }],
      [{ __address__: "mail.example:25", __meta_dns_mx_record_target: "mail.example." }],
    ],
    [
      "NS",
      { names: ["n"], type: "NS", port: 53 },
      ["ns.example"],
      [{ __address__: "ns.example:53", __meta_dns_ns_record_target: "ns.example." }],
    ],
  ])("come from %s records", async (_, config, records, targets) => {
    expect(await look(config, { n: records })).toEqual({
      groups: [{ targets, labels: { __meta_dns_name: "n" } }],
      errors: 0,
    });
  });

  it("are none for a name that does not exist", async () => {
    const config = { names: ["no", "n"], type: "A", port: 1 };
    const { groups, errors } = await look(config, { n: ["10.0.0.1"] });
    expect(groups.map(({ targets }) => targets.length)).toEqual([0, 1]);
    expect(errors).toBe(0);
  });

  it("stay as they were while the resolver fails", async () => {
    const config = { names: ["n"], type: "A", port: 1 };
    expect(await look(config, { n: failure("ESERVFAIL") })).toEqual({ groups: [], errors: 1 });
  });
});
