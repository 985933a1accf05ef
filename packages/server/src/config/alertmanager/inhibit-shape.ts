import { z } from "zod";

import { equalMap, nameText, regexMap } from "./fields.ts";
import { matcherTexts, readMatchers, type Report } from "./route-shape.ts";
import type { InhibitRuleConfig } from "./types.ts";

const MAX_RULES = 10_000;

const InhibitShape = z.strictObject({
  name: nameText().optional(),
  source_match: equalMap().default({}),
  source_match_re: regexMap().default({}),
  source_matchers: matcherTexts(),
  target_match: equalMap().default({}),
  target_match_re: regexMap().default({}),
  target_matchers: matcherTexts(),
  equal: z.array(nameText()).max(1000).default([]),
});

export const inhibitRules = () => z.array(InhibitShape).max(MAX_RULES).default([]);

type InhibitNode = z.output<typeof InhibitShape>;

export function readInhibitRules(
  nodes: readonly InhibitNode[],
  report: Report,
): InhibitRuleConfig[] {
  return nodes.map((node, index) => {
    const path = ["inhibit_rules", index];
    const side = (name: "source" | "target") =>
      readMatchers(
        {
          match: node[`${name}_match`],
          matchRe: node[`${name}_match_re`],
          matchers: node[`${name}_matchers`],
        },
        path,
        { match: `${name}_match`, matchRe: `${name}_match_re`, matchers: `${name}_matchers` },
        report,
      );
    return {
      sourceMatchers: side("source"),
      targetMatchers: side("target"),
      equal: [...new Set(node.equal)].toSorted(),
    };
  });
}
