import { patternTest, type PriceEntry } from "./price-entry.ts";

/** Pairs of provider and model whose entries are remembered; senders choose the names. */
const MAX_REMEMBERED = 5000;

/** What gateways and clouds put before and behind the name that the maker gave the model. */
const PREFIX =
  /^(?:(?:us|eu|apac|au|jp|global)\.)?(?:anthropic|amazon|meta|mistral|cohere|deepseek)\./;

interface Prepared {
  entry: PriceEntry;
  provider: ((text: string) => boolean)[];
  model: ((text: string) => boolean)[];
  fromMs: number;
  untilMs: number;
}

/** `openrouter/anthropic/claude-x` and `us.anthropic.claude-x-v1:0` are `claude-x` and `claude-x-v1:0`. */
function bare(model: string): string {
  const lower = model.toLowerCase();
  return lower.slice(lower.lastIndexOf("/") + 1).replace(PREFIX, "");
}

/** Prices in the order in which they count: the first that fits a call is its price. */
export class PriceTable {
  private readonly prepared: readonly Prepared[];
  private readonly remembered = new Map<string, readonly Prepared[]>();

  constructor(entries: readonly PriceEntry[]) {
    this.prepared = entries.map((entry) => ({
      entry,
      provider: entry.provider.map(patternTest),
      model: entry.model.map(patternTest),
      fromMs: Date.parse(entry.from),
      untilMs: entry.until === undefined ? Infinity : Date.parse(entry.until),
    }));
  }

  /** A provider that nobody names fits every entry: the model's name says enough. */
  find(provider: string, model: string, timeMs: number): PriceEntry | undefined {
    if (model === "") return undefined;
    return this.candidates(provider, model).find(
      ({ fromMs, untilMs }) => timeMs >= fromMs && timeMs < untilMs,
    )?.entry;
  }

  private candidates(provider: string, model: string): readonly Prepared[] {
    const key = `${provider}\0${model}`;
    let found = this.remembered.get(key);
    if (found !== undefined) return found;
    const [from, names] = [provider.toLowerCase(), [model.toLowerCase(), bare(model)]];
    found = this.prepared.filter(
      (one) =>
        (from === "" || one.provider.some((test) => test(from))) &&
        one.model.some((test) => names.some(test)),
    );
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    this.remembered.set(key, found);
    return found;
  }
}
