import { z } from "zod";

import { TIMER_RANGE, duration } from "../fields.ts";
import { checkHttpClient, httpClientKeys } from "./http-client.ts";
import { relabelList } from "./relabel.ts";
import { addressProblem } from "./scrape-job.ts";
import { labelMap } from "./texts.ts";

const MAX_ENTRIES = 100;
const MAX_TARGETS = 1000;

const Entry = z
  .strictObject({
    scheme: z
      .preprocess(
        (value) => (typeof value === "string" ? value.toLowerCase() : value),
        z.enum(["http", "https"]),
      )
      .default("http")
      .describe("Protocol."),
    path_prefix: z
      .string()
      .max(4096)
      .default("/")
      .describe("Path that stands before `/api/v2/alerts`."),
    timeout: duration(TIMER_RANGE).prefault("10s").describe("How long one request may take."),
    api_version: z
      .enum(["v2"])
      .default("v2")
      .describe("Version of the API; only this one is left."),
    ...httpClientKeys,
    static_configs: z
      .array(
        z.strictObject({
          targets: z
            .array(z.string().min(1).max(4096))
            .max(MAX_TARGETS)
            .default([])
            .describe("Addresses as `host:port`."),
          labels: labelMap().default({}).describe("Labels of these addresses, for relabelling."),
        }),
      )
      .max(MAX_ENTRIES)
      .default([])
      .describe("Addresses that are written here; each of them is told of every alert."),
    relabel_configs: relabelList("What becomes of the addresses, as in Prometheus."),
  })
  .superRefine((entry, context) => {
    const report = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    checkHttpClient(entry, report);
    if (entry.relabel_configs.length > 0) return;
    for (const [group, { targets }] of entry.static_configs.entries())
      for (const [index, target] of targets.entries()) {
        const message = addressProblem(target);
        if (message !== undefined) report(["static_configs", group, "targets", index], message);
      }
  });

/** Entries of `alerting.alertmanagers`, as in prometheus.yml. */
export const alertmanagers = () =>
  z
    .array(Entry)
    .max(MAX_ENTRIES)
    .default([])
    .describe("Alertmanagers that are told of every alert as well, as in prometheus.yml.");
