/** What stands for everything beyond a limit. */
export const OVERFLOW = "__overflow__";
/** Longest name that becomes a label. */
const MAX_CHARACTERS = 200;
/** Names of one service, and services, that are told apart. */
const MAX_NAMES = 250;
const MAX_SERVICES = 1000;
/** Names whose form without ids is remembered. */
const MAX_CACHED = 5000;

const SEPARATOR = /([/\s:#=,;?&()[\]{}'"]+)/;
const NUMBER = /^\d+$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const HEX = /^[0-9a-f]{16,}$/i;
/** A word with a random end, as `run-3f2a9c1d`; models and dates end in digits alone. */
const ENDING = /[-_.](?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{8,}$/i;

const withoutIds = (word: string): string => {
  if (NUMBER.test(word) || UUID.test(word) || HEX.test(word)) return "{id}";
  return word.replace(ENDING, (found) => `${found[0] ?? ""}{id}`);
};

/** A span's name with a place in it for every id: `GET /users/17` is `GET /users/{id}`. */
export const collapseIds = (name: string): string =>
  name
    .slice(0, MAX_CHARACTERS)
    .split(SEPARATOR)
    .map((word, i) => (i % 2 === 0 ? withoutIds(word) : word))
    .join("");

/** Names of spans as labels: ids go, and of a service that makes up names without end most are one. */
export class SpanNames {
  private readonly byService = new Map<string, Set<string>>();
  private readonly cache = new Map<string, string>();
  private readonly onOverflow: () => void;

  constructor(onOverflow: () => void) {
    this.onOverflow = onOverflow;
  }

  labelOf(service: string, name: string): string {
    let label = this.cache.get(name);
    if (label === undefined) {
      label = collapseIds(name);
      if (this.cache.size >= MAX_CACHED) this.cache.clear();
      this.cache.set(name, label);
    }
    let names = this.byService.get(service);
    if (names === undefined && this.byService.size < MAX_SERVICES)
      this.byService.set(service, (names = new Set()));
    if (names?.has(label) === true) return label;
    if (names === undefined || names.size >= MAX_NAMES) {
      this.onOverflow();
      return OVERFLOW;
    }
    names.add(label);
    return label;
  }
}
