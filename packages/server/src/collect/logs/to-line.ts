import type { LogLine, SpanContent } from "#store";

import { textOf, type AnyValue } from "../otlp/model.ts";
import { DIALECTS } from "../spans/dialects/index.ts";
import { MAX_ATTRIBUTES, MAX_TEXT_CHARACTERS } from "../spans/limits.ts";
import type { Attributes, Facets, Span } from "../spans/model.ts";
import { saidIn, type Said } from "../spans/said.ts";
import type { TextMemory } from "../spans/text-memory.ts";
import { understand } from "../spans/understand.ts";
import { MAX_BODY_CHARACTERS } from "./limits.ts";
import type { LogRecord } from "./model.ts";
import { severityOf } from "./severity.ts";

const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;
/** Colours and movements of a terminal, which say nothing and would keep equal lines from being alike. */
// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
const ANSI = /\u001b\[[0-9;?]{0,32}[ -/]{0,4}[@-~]/g;

export interface LineOptions {
  /** Whether prompts and answers are kept, which some instrumentations send as events. */
  keepContent: boolean;
  /** Characters of one content that are kept. */
  maxContent: number;
  /** Of texts that were masked as they are to be now. */
  memory: TextMemory;
  nowNs: bigint;
}

/** What did not fit, for the counters. */
export interface LineLosses {
  attributes: number;
  cut: number;
}

type AgentFacets = Pick<Facets, "agent" | "workflow" | "task" | "conversation">;
const NOBODY: AgentFacets = { agent: "", workflow: "", task: "", conversation: "" };

/** First letters of what dialects call things: most attributes of most lines have none of them. */
const SIGNS = new Set(DIALECTS.flatMap(({ prefixes }) => prefixes.map((prefix) => prefix[0])));
const PREFIXES = new Set(DIALECTS.flatMap(({ prefixes }) => prefixes));

/** Whether a name may belong to a dialect; `understand` decides. */
function isTelling(name: string): boolean {
  if (!SIGNS.has(name[0])) return false;
  const dot = name.indexOf(".");
  return PREFIXES.has(dot < 0 ? name : name.slice(0, dot));
}

/** A record's attributes as those of a span, for the dialects that know agents by them. */
const asSpan = (attributes: Attributes): Span => ({
  traceId: "",
  spanId: "",
  parentSpanId: "",
  traceState: "",
  name: "",
  kind: 0,
  startNs: 0n,
  endNs: 0n,
  status: 0,
  statusMessage: "",
  attributes,
  events: [],
  links: [],
});

function facetsOf(attributes: Attributes, scope: string): AgentFacets {
  for (const name of attributes.keys())
    if (isTelling(name)) return understand(asSpan(attributes), scope).facets;
  return NOBODY;
}

/** Makes log lines as the store takes them, within the limits; counts what did not fit. */
export class LineMaker {
  readonly losses: LineLosses = { attributes: 0, cut: 0 };
  private readonly options: LineOptions;
  /** Resources by the object that holds them: all lines of a request share theirs. */
  private readonly resources = new Map<Attributes, Readonly<Record<string, string>>>();

  constructor(options: LineOptions) {
    this.options = options;
  }

  line(record: LogRecord, scope: string, resource: Attributes): LogLine {
    const { attributes } = record;
    const event = record.event === "" ? textOf(attributes.get("event.name")) : record.event;
    const { agent, workflow, task, conversation } = facetsOf(attributes, scope);
    const traceId = TRACE_ID.test(record.traceId) ? record.traceId : "";
    // OpenTelemetry's way with ids that cannot be: the line belongs to no span.
    const spanId = traceId !== "" && SPAN_ID.test(record.spanId) ? record.spanId : "";
    // What is said of a span lies with the span's own contents; a line without one keeps it.
    const said: Said[] = [];
    const apart = this.options.keepContent && spanId !== "" ? said : undefined;
    const line: LogLine = {
      timeNs: String(record.timeNs || record.observedNs || this.options.nowNs),
      service: this.name(textOf(resource.get("service.name"))) || "unknown_service",
      scope: this.name(scope),
      severity: record.severity <= 24 ? record.severity || severityOf(record.severityText) : 0,
      severityText: this.name(record.severityText),
      event: this.name(event),
      body: this.body(record.body, event, apart),
      traceId,
      spanId,
      agent,
      workflow,
      task,
      conversation,
      attributes: this.texts(attributes, apart),
      resource: this.resource(resource),
    };
    return said.length === 0 ? line : { ...line, content: said.map((one) => this.content(one)) };
  }

  private body(value: AnyValue, event: string, apart: Said[] | undefined): string {
    if (event.startsWith("gen_ai.")) {
      if (!this.options.keepContent) return "";
      const said = apart === undefined ? undefined : saidIn(event, value);
      if (said !== undefined) {
        apart?.push(...said);
        return "";
      }
    }
    const text = textOf(value);
    return this.longText(text.includes("\u001b") ? text.replace(ANSI, "") : text);
  }

  private resource(resource: Attributes): Readonly<Record<string, string>> {
    let texts = this.resources.get(resource);
    if (texts === undefined)
      this.resources.set(resource, (texts = this.texts(resource, undefined)));
    return texts;
  }

  private texts(attributes: Attributes, apart: Said[] | undefined): Record<string, string> {
    const texts: Record<string, string> = {};
    let count = 0;
    for (const [name, value] of attributes) {
      if (value === undefined || name === "event.name") continue;
      const { kept, isContent } = this.options.memory.name(name);
      if (isContent && !this.options.keepContent) continue;
      const text = textOf(value);
      if (isContent && apart !== undefined) {
        if (text !== "") apart.push({ name: kept, text });
      } else if (++count > MAX_ATTRIBUTES) this.losses.attributes++;
      else texts[kept] = isContent ? this.longText(text) : this.text(text);
    }
    return texts;
  }

  private content({ name, text }: Said): SpanContent {
    const { maxContent, memory } = this.options;
    const truncated = text.length > maxContent;
    if (truncated) this.losses.cut++;
    return { name: this.name(name), text: memory.longText(text, maxContent), truncated };
  }

  private name(text: string): string {
    return text === "" ? "" : this.options.memory.name(text).kept;
  }

  private text(text: string): string {
    if (text.length > MAX_TEXT_CHARACTERS) this.losses.cut++;
    return this.options.memory.text(text);
  }

  private longText(text: string): string {
    if (text.length > MAX_BODY_CHARACTERS) this.losses.cut++;
    return this.options.memory.longText(text, MAX_BODY_CHARACTERS);
  }
}
