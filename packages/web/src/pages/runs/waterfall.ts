import type { TraceSpan } from "@fleetlight/contract";

/** One line of the waterfall. */
export interface Line {
  span: TraceSpan;
  depth: number;
  /** Where the bar begins and how long it is, as shares of the whole run. */
  start: number;
  width: number;
  /** Children, whether they are shown or not. */
  children: number;
}

/** Deeper spans are drawn no further to the right. */
const MAX_DEPTH = 24;

const beginning = (span: TraceSpan): bigint => BigInt(span.start_ns);

const endOf = (span: TraceSpan): bigint =>
  beginning(span) + BigInt(Math.round(span.duration_seconds * 1e9));

/** Children by their parent; a span whose parent is not there is a root. */
function childrenOf(spans: readonly TraceSpan[]): Map<string, TraceSpan[]> {
  const ids = new Set(spans.map(({ span_id }) => span_id));
  const children = new Map<string, TraceSpan[]>();
  for (const span of spans) {
    const parent = ids.has(span.parent_span_id) ? span.parent_span_id : "";
    const own = children.get(parent);
    if (own === undefined) children.set(parent, [span]);
    else own.push(span);
  }
  return children;
}

/**
 * Spans in the order in which they are drawn: each below its parent, siblings by start. Spans in a circle, which have
 * no root, come last. `folded` hides what is below a span.
 */
export function waterfall(
  spans: readonly TraceSpan[],
  folded: ReadonlySet<string> = new Set(),
): Line[] {
  const children = childrenOf(spans);
  const [first] = spans;
  const startNs = first === undefined ? 0n : beginning(first);
  let lastNs = startNs;
  for (const span of spans) if (endOf(span) > lastNs) lastNs = endOf(span);
  const length = Math.max(1, Number(lastNs - startNs));
  const lines: Line[] = [];
  const seen = new Set<string>();
  const stack = (children.get("") ?? []).toReversed().map((span) => ({ span, depth: 0 }));
  const hidden: TraceSpan[] = [];
  const walk = () => {
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { span, depth } = next;
      if (seen.has(span.span_id)) continue;
      seen.add(span.span_id);
      const own = children.get(span.span_id) ?? [];
      lines.push({
        span,
        depth: Math.min(depth, MAX_DEPTH),
        start: Number(beginning(span) - startNs) / length,
        width: (span.duration_seconds * 1e9) / length,
        children: own.length,
      });
      if (folded.has(span.span_id)) hidden.push(...own);
      else for (const child of own.toReversed()) stack.push({ span: child, depth: depth + 1 });
    }
  };
  walk();
  for (let next = hidden.pop(); next !== undefined; next = hidden.pop()) {
    if (seen.has(next.span_id)) continue;
    seen.add(next.span_id);
    hidden.push(...(children.get(next.span_id) ?? []));
  }
  for (const span of spans)
    if (!seen.has(span.span_id)) {
      stack.push({ span, depth: 0 });
      walk();
    }
  return lines;
}

/** What somebody said, or what a tool was given or gave back. */
export interface Utterance {
  span: TraceSpan;
  role: string;
  text: string;
  truncated: boolean;
}

const ROLES: readonly [pattern: RegExp, role: string][] = [
  [/system_instructions/, "instructions"],
  [/tool\.call\.arguments|toolCall\.args/, "tool call"],
  [/tool\.call\.result|toolCall\.result/, "tool answer"],
  [/output|completion|response/, "answer"],
  [/input|prompt/, "prompt"],
];

/** Definitions of tools are the same on every call, and nobody says them. */
const SILENT = /tool\.definitions|embedding/;

/** The contents of a run in the order of time, each once: what models are told again is not shown again. */
export function conversationOf(spans: readonly TraceSpan[]): Utterance[] {
  const told = new Set<string>();
  const utterances: Utterance[] = [];
  for (const span of spans)
    for (const { name, text, truncated } of span.content) {
      const words = SILENT.test(name) ? "" : spoken(text);
      if (words.trim() === "" || told.has(words)) continue;
      told.add(words);
      const role = ROLES.find(([pattern]) => pattern.test(name))?.[1] ?? name;
      utterances.push({ span, role, text: words, truncated });
    }
  return utterances;
}

/** How deep messages are nested in what frameworks send. */
const MAX_NESTING = 12;

/** Gathers what is said in messages, in whatever form: `content`, or `parts` with a `text` or `content` each. */
function gather(value: unknown, into: string[], depth = 0): void {
  if (depth > MAX_NESTING || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const one of value) gather(one, into, depth + 1);
    return;
  }
  for (const [key, own] of Object.entries(value)) {
    if (typeof own !== "string") gather(own, into, depth + 1);
    else if ((key === "content" || key === "text") && own.trim() !== "") into.push(own.trim());
  }
}

/** What a content says, without the framework's wrapping; as it is where there is nothing that looks like a message. */
export function spoken(text: string): string {
  if (!/^[[{]/.test(text)) return text;
  const said: string[] = [];
  try {
    gather(JSON.parse(text), said);
  } catch {
    return text;
  }
  return said.length === 0 ? readable(text) : [...new Set(said)].join("\n\n");
}

/** JSON with line breaks; other texts as they are. */
export function readable(text: string): string {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
