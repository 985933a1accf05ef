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
});
