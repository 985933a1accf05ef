import type { Facets, Span } from "../model.ts";
import { understand } from "../understand.ts";

/** What a span of a test says beside its name. */
export type Said = Readonly<Record<string, string | number | boolean>>;

/** A span with this name and these attributes. */
export const spanOf = (name: string, attributes: Said, more: Partial<Span> = {}): Span => ({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "",
  traceState: "",
  name,
  kind: 1,
  startNs: 1n,
  endNs: 2n,
  status: 0,
  statusMessage: "",
  attributes: new Map(Object.entries(attributes)),
  events: [],
  links: [],
  ...more,
});

/** What is understood of it. */
export const facetsOf = (name: string, attributes: Said, more: Partial<Span> = {}): Facets =>
  understand(spanOf(name, attributes, more), "test").facets;
