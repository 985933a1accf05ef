import { mask, type MaskKind } from "#lib";
import type { LogLine } from "#store";

import { textOf, type AnyValue } from "../otlp/model.ts";
import { isContent } from "../spans/content.ts";
import { MAX_ATTRIBUTES, MAX_NAME_CHARACTERS, MAX_TEXT_CHARACTERS } from "../spans/limits.ts";
import type { Attributes, Span } from "../spans/model.ts";
import { whole } from "../spans/text-memory.ts";
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
  masks: readonly MaskKind[];
  nowNs: bigint;
}

/** What did not fit, for the counters. */
export interface LineLosses {
  attributes: number;
  cut: number;
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
    const { agent, workflow, task, conversation } = understand(asSpan(attributes), scope).facets;
    const traceId = TRACE_ID.test(record.traceId) ? record.traceId : "";
    return {
      timeNs: String(record.timeNs || record.observedNs || this.options.nowNs),
      service: this.name(textOf(resource.get("service.name"))) || "unknown_service",
      scope: this.name(scope),
      severity: record.severity <= 24 ? record.severity || severityOf(record.severityText) : 0,
      severityText: this.name(record.severityText),
      event: this.name(event),
      body: this.body(record.body, event),
      traceId,
      // OpenTelemetry's way with ids that cannot be: the line belongs to no span.
      spanId: traceId !== "" && SPAN_ID.test(record.spanId) ? record.spanId : "",
      agent,
      workflow,
      task,
      conversation,
      attributes: this.texts(attributes),
      resource: this.resource(resource),
    };
  }

  private body(value: AnyValue, event: string): string {
    // Instrumentations of before send what is said as events of these names.
    if (!this.options.keepContent && event.startsWith("gen_ai.")) return "";
    return this.text(textOf(value).replace(ANSI, ""), MAX_BODY_CHARACTERS);
  }

  private resource(resource: Attributes): Readonly<Record<string, string>> {
    let texts = this.resources.get(resource);
    if (texts === undefined) this.resources.set(resource, (texts = this.texts(resource)));
    return texts;
  }

  private texts(attributes: Attributes): Record<string, string> {
    const texts: Record<string, string> = {};
    let count = 0;
    for (const [name, value] of attributes) {
      if (value === undefined || name === "event.name") continue;
      const content = isContent(name);
      if (content && !this.options.keepContent) continue;
      if (++count > MAX_ATTRIBUTES) this.losses.attributes++;
      else
        texts[this.name(name)] = this.text(
          textOf(value),
          content ? MAX_BODY_CHARACTERS : MAX_TEXT_CHARACTERS,
        );
    }
    return texts;
  }

  private name(text: string): string {
    return whole(text.slice(0, MAX_NAME_CHARACTERS));
  }

  private text(text: string, limit: number): string {
    if (text.length > limit) this.losses.cut++;
    return whole(mask(text.slice(0, limit), this.options.masks));
  }
}
