import { z } from "zod";

import { duration, file, section } from "./fields.ts";

export const traces = section("Spans of agents and services.", {
  keep_content: z
    .boolean()
    .default(true)
    .describe("Whether prompts, answers, and what tools are given and give back are kept."),
  mask: z
    .array(z.enum(["secrets", "emails", "cards"]))
    .max(3)
    .default(["secrets"])
    .describe("What is masked in spans and contents before anything of them is stored."),
  max_content_characters: z
    .int()
    .min(256)
    .max(4_194_304)
    .default(262_144)
    .describe("Longest prompt or answer; of longer ones the beginning is kept."),
  stale_after: duration({ min: "5s", max: "7d" })
    .prefault("5m")
    .describe("A run of which nothing was heard for so long, although it is not over, is stale."),
  max_metric_sets: z
    .int()
    .min(0)
    .max(100_000)
    .default(2000)
    .describe(
      "Most sets of labels that metrics made of spans have per tenant; one is up to 21 series, further ones are counted together. 0 makes no metrics of spans.",
    ),
  prices: file()
    .optional()
    .describe(
      "A JSON file with prices of models, which come before those that Fleetlight brings; read again when it changes.",
    ),
  sampling: section("Which traces are kept; figures that are counted live count all of them.", {
    enabled: z
      .boolean()
      .default(false)
      .describe("Whether a part of the traces is dropped; everything is kept otherwise."),
    wait: duration({ min: "1s", max: "1h" })
      .prefault("30s")
      .describe("Time from the first span of a trace to the decision about it."),
    errors: z.boolean().default(true).describe("Whether traces with an error are kept."),
    slower_than: duration({ min: "1ms" })
      .optional()
      .describe("Traces that last so long are kept; none for that when left out."),
    costlier_than_usd: z
      .number()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe("Traces that cost so much are kept; none for that when left out."),
    share: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe("Share of all others that is kept; every server chooses the same ones."),
    max_waiting_spans: z
      .int()
      .min(1000)
      .max(10_000_000)
      .default(200_000)
      .describe("Spans that wait for a decision; with more, the oldest traces are decided early."),
  }),
});
