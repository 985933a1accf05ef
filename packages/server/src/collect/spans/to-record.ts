import { mask } from "#lib";
import type { SpanContent, SpanRecord, SpanRow } from "#store";

import { textOf, type AnyValue } from "../otlp/model.ts";
import { MAX_ATTRIBUTES, MAX_EVENTS, MAX_TEXT_CHARACTERS } from "./limits.ts";
import type { Attributes, SpanEvent, UnderstoodSpan } from "./model.ts";
import type { Cost, Priced } from "./prices/index.ts";
import { takeApart } from "./said.ts";
import { whole, type TextMemory } from "./text-memory.ts";

export interface RecordOptions {
  keepContent: boolean;
  /** Of texts that were masked as they are to be now. */
  memory: TextMemory;
  /** Characters of one content that are kept. */
  maxContent: number;
  /** What has no end yet has lasted until now. */
  nowNs: bigint;
  priceOf(span: Priced, timeMs: number): Cost;
}

/** What did not fit, for the counters. */
export interface Losses {
  attributes: number;
  events: number;
  cut: number;
}

interface Plain {
  texts: Record<string, string>;
  numbers: Record<string, number>;
}

/** Makes spans as the store takes them, within the limits; counts what did not fit. */
export class RecordMaker {
  readonly losses: Losses = { attributes: 0, events: 0, cut: 0 };
  private readonly options: RecordOptions;
  /** Many spans have the same resource, which is looked at once. */
  private readonly resources = new WeakMap<Attributes, Readonly<Record<string, string>>>();

  constructor(options: RecordOptions) {
    this.options = options;
  }

  record({ span, scope, facets }: UnderstoodSpan, resource: Attributes): SpanRecord {
    const content: SpanContent[] = [];
    const { texts, numbers } = this.plain(span.attributes, content);
    const ended = span.endNs > 0n;
    const duration = (ended ? span.endNs : this.options.nowNs) - span.startNs;
    const cost = this.options.priceOf(facets, Number(span.startNs / 1_000_000n));
    return {
      row: {
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        traceState: this.text(span.traceState),
        service: this.name(textOf(resource.get("service.name"))) || "unknown_service",
        scope: this.name(scope),
        name: this.name(span.name),
        kind: span.kind <= 5 ? span.kind : 0,
        status: span.status <= 2 ? span.status : 0,
        statusMessage: this.text(span.statusMessage),
        startNs: span.startNs.toString(),
        // A clock that went back during the span, or one that runs ahead of ours.
        durationNs: Number(duration < 0n ? 0n : duration),
        ended,
        operation: facets.operation,
        agent: facets.agent,
        peer: facets.peer,
        workflow: facets.workflow,
        task: facets.task,
        conversation: facets.conversation,
        user: facets.user,
        provider: facets.provider,
        model: facets.model,
        tool: facets.tool,
        toolCallId: facets.toolCallId,
        errorType: facets.errorType,
        inputTokens: facets.inputTokens,
        outputTokens: facets.outputTokens,
        cachedTokens: facets.cachedTokens,
        cacheWriteTokens: facets.cacheWriteTokens,
        reasoningTokens: facets.reasoningTokens,
        costUsd: cost.costUsd,
        costSource: cost.costSource,
        attributes: texts,
        numbers,
        resource: this.resource(resource),
        events: this.some(span.events).map((event) => this.event(event, content)),
        links: this.some(span.links).map((link) => ({
          traceId: link.traceId,
          spanId: link.spanId,
          attributes: this.allTexts(link.attributes),
        })),
      },
      content,
    };
  }

  private event(
    { name, timeNs, attributes }: SpanEvent,
    content: SpanContent[],
  ): SpanRow["events"][number] {
    const { said, rest } = takeApart(name, attributes);
    for (const one of said) this.keep(one.name, one.text, content);
    return {
      timeNs: timeNs.toString(),
      name: this.name(name),
      attributes: this.allTexts(rest),
    };
  }

  /** Attributes as texts and numbers; contents go where they belong. */
  private plain(attributes: Attributes, content: SpanContent[]): Plain {
    const texts: Record<string, string> = {};
    const numbers: Record<string, number> = {};
    let count = 0;
    // Iterating would make a pair of every attribute.
    attributes.forEach((value, name) => {
      if (++count > MAX_ATTRIBUTES) this.losses.attributes++;
      else {
        const known = this.options.memory.name(name);
        if (known.isContent) this.keep(name, value, content);
        else if (typeof value === "number" && Number.isFinite(value)) numbers[known.kept] = value;
        else if (value !== undefined) texts[known.kept] = this.text(textOf(value));
      }
    });
    return { texts, numbers };
  }

  private keep(name: string, value: AnyValue, content: SpanContent[]): void {
    if (!this.options.keepContent || value === undefined) return;
    const full = textOf(value);
    const truncated = full.length > this.options.maxContent;
    if (truncated) this.losses.cut++;
    // Cut first: what is masked never grows much, and a secret that the cut goes through is masked as far as it is there.
    const text = mask(full.slice(0, this.options.maxContent), this.options.memory.masks);
    content.push({ name: this.name(name), text: whole(text), truncated });
  }

  private allTexts(attributes: Attributes): Record<string, string> {
    const texts: Record<string, string> = {};
    let count = 0;
    for (const [name, value] of attributes) {
      if (++count > MAX_ATTRIBUTES) this.losses.attributes++;
      else {
        const known = this.options.memory.name(name);
        // Nothing of a link or a resource is a content, whatever it is called.
        if (!known.isContent && value !== undefined) texts[known.kept] = this.text(textOf(value));
      }
    }
    return texts;
  }

  private resource(attributes: Attributes): Readonly<Record<string, string>> {
    let texts = this.resources.get(attributes);
    if (texts === undefined) {
      texts = this.allTexts(attributes);
      this.resources.set(attributes, texts);
    }
    return texts;
  }

  private some<T>(items: readonly T[]): readonly T[] {
    this.losses.events += Math.max(0, items.length - MAX_EVENTS);
    return items.length > MAX_EVENTS ? items.slice(0, MAX_EVENTS) : items;
  }

  private name(text: string): string {
    return this.options.memory.name(text).kept;
  }

  /** Masked like contents: arguments and addresses with secrets end up in attributes, too. */
  private text(text: string): string {
    if (text.length > MAX_TEXT_CHARACTERS) this.losses.cut++;
    return this.options.memory.text(text);
  }
}
