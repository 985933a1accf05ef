import type { Tree } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

import { PromQLError } from "./error.ts";
import type { Token } from "./lex.ts";
import { functions } from "./functions.ts";
import { unexpected } from "./unexpected.ts";

const strict = parser.configure({ strict: true });

/** What is tried at the place of an error to say what the grammar would have taken: text and how it is called. */
const candidates: readonly (readonly [string, string])[] = [
  ["1", "number or duration"],
  ['"x"', "string"],
  ["m_", "label name"],
  ["step()", "step()"],
  ["range()", "range()"],
  ["==", "operator"],
  ["=~", "label matching operator"],
  ["(", '"("'],
  [")", '")"'],
  ["[", '"["'],
  ["]", '"]"'],
  ["}", '"}"'],
  [",", '","'],
  [":", '":"'],
];

/** Where the grammar gives up, or the tree. */
function attempt(plain: string): Tree | number {
  try {
    const run = strict.startParse(plain);
    for (;;) {
      // The parser cuts chains of operators that are long in the text; their number is limited here instead.
      Reflect.set(run, "bigReductionCount", 0);
      const tree = run.advance();
      if (tree) return tree;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return Number(/\d+$/.exec(error.message)?.[0] ?? 0);
  }
}

/**
 * Parses the plain text of the lexer with Prometheus' own grammar. Throws PromQLError in upstream's words; `lexical` is
 * what stopped the lexer, and counts unless the grammar gives up before that place.
 */
export function parseTree(
  text: string,
  plain: string,
  tokens: readonly Token[],
  lexical: PromQLError | undefined,
): Tree {
  if (tokens.length === 0)
    throw lexical ?? new PromQLError(text, 0, 0, "no expression found in input", ["an expression"]);
  const tree = attempt(plain);
  if (typeof tree !== "number" && lexical === undefined) return tree;
  const at = typeof tree === "number" ? tree : plain.length;
  const index = tokens.findIndex((token) => token.end > at);
  if (lexical !== undefined && index < 0) throw lexical;
  return refuse(text, plain, tokens, index < 0 ? tokens.length : index);
}

function refuse(text: string, plain: string, tokens: readonly Token[], index: number): never {
  const found = tokens[index];
  const before = tokens[index - 1];
  if (found?.text === "(" && before?.kind === "word" && !functions.has(before.text)) {
    const reason = `unknown function with name "${before.text}"`;
    throw new PromQLError(text, before.start, before.end, reason);
  }
  if (found?.text === ")" && before?.text === "," && before.kind === "symbol") {
    const reason = "trailing commas not allowed in function call args";
    throw new PromQLError(text, before.start, before.end, reason);
  }
  const start = found?.start ?? text.length;
  const end = found?.end ?? text.length;
  const reason = unexpected(tokens, index);
  throw new PromQLError(text, start, end, reason, expectedAfter(plain.slice(0, start)));
}

function expectedAfter(prefix: string): string[] {
  const head = `${prefix} `;
  const taken = (sample: string): boolean => {
    const stop = attempt(head + sample);
    return typeof stop !== "number" || stop >= head.length + sample.length;
  };
  if (taken("{")) return taken(")") ? ["expression", '")"'] : ["expression"];
  return candidates.flatMap(([sample, name]) => (taken(sample) ? [name] : []));
}
