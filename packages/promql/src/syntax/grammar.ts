import type { Tree } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

import { PromQLError } from "./error.ts";
import type { Token } from "./lex.ts";
import { functions } from "./functions.ts";

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

/** Parses the plain text of the lexer with Prometheus' own grammar. Throws PromQLError with what was expected. */
export function parseTree(text: string, plain: string, tokens: readonly Token[]): Tree {
  if (tokens.length === 0) {
    throw new PromQLError(text, 0, 0, "no expression found in input, expected an expression");
  }
  const tree = attempt(plain);
  if (typeof tree !== "number") return tree;
  const index = tokens.findIndex((token) => token.end > tree);
  return refuse(text, plain, tokens[index], tokens[index - 1]);
}

function refuse(text: string, plain: string, found?: Token, before?: Token): never {
  if (found?.text === "(" && before?.kind === "word" && !functions.has(before.text)) {
    const reason = `unexpected "(" after "${before.text}": there is no function with that name`;
    throw new PromQLError(text, before.start, before.end, reason);
  }
  const start = found?.start ?? text.length;
  const end = found?.end ?? text.length;
  const got = found ? describe(found) : "unexpected end of input";
  const expected = expectedAfter(plain.slice(0, start));
  const hint = expected.length > 0 ? `, expected ${expected.join(" or ")}` : "";
  throw new PromQLError(text, start, end, `${got}${hint}`);
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

function describe(token: Token): string {
  if (token.kind === "word") return `unexpected identifier "${token.text}"`;
  if (token.kind === "symbol") return `unexpected "${token.text}"`;
  return `unexpected ${token.kind} ${token.text}`;
}
