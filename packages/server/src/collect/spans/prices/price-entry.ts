import { describeError } from "#lib";
import { RE2JS } from "re2js";
import { z } from "zod";

/** Entries of one file. */
const MAX_ENTRIES = 10_000;

const day = () => z.iso.date();
const rate = () => z.number().min(0).max(1e6).optional();
const pattern = () =>
  z.string().min(1).max(256).refine(isPattern, "not a regular expression of RE2");

const rates = {
  input: rate(),
  cached_input: rate(),
  cache_write: rate(),
  output: rate(),
  reasoning: rate(),
  embeddings: rate(),
};

/** One entry of a file of prices, in USD per million tokens; docs/costs.md explains each field. */
export const PriceEntry = z
  .strictObject({
    id: z.string().min(1).max(128),
    provider: z.array(pattern()).min(1).max(32).default(["*"]),
    model: z.array(pattern()).min(1).max(64),
    from: day().default("1970-01-01"),
    until: day().optional(),
    ...rates,
    long_prompt: z.strictObject({ above_tokens: z.int().min(1), ...rates }).optional(),
    source: z.string().min(1).max(1024),
    source_date: day(),
  })
  .refine(({ until, from }) => until === undefined || until > from, "until must be later than from")
  .refine(({ id }) => id !== "reported", "`reported` stands for what producers say");
export type PriceEntry = z.infer<typeof PriceEntry>;

export const PriceFile = z.strictObject({ prices: z.array(PriceEntry).max(MAX_ENTRIES) });

const isExpression = (text: string): boolean =>
  text.length > 2 && text.startsWith("/") && text.endsWith("/");

function isPattern(text: string): boolean {
  if (!isExpression(text)) return true;
  try {
    RE2JS.compile(text.slice(1, -1));
    return true;
  } catch {
    return false;
  }
}

/** `*` stands for anything; `/…/` is a regular expression that must fit as a whole. Capitals do not matter. */
export function patternTest(pattern: string): (text: string) => boolean {
  if (pattern === "*") return () => true;
  if (!isExpression(pattern) && !pattern.includes("*")) {
    const exact = pattern.toLowerCase();
    return (text) => text === exact;
  }
  const source = isExpression(pattern)
    ? pattern.slice(1, -1)
    : pattern.split("*").map(RE2JS.quote).join(".*");
  const compiled = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
  return (text) => compiled.matches(text);
}

/** @throws Error that says what is wrong and where. */
export function readPrices(text: string): PriceEntry[] {
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch (error) {
    throw new Error(`not JSON: ${describeError(error)}`, { cause: error });
  }
  const read = PriceFile.safeParse(tree);
  if (read.success) return read.data.prices;
  const [issue] = read.error.issues;
  throw new Error(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong"}`);
}
