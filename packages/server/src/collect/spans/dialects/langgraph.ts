import type { Facets, Span } from "../model.ts";
import { jsonAt, textAt, type Dialect } from "./dialect.ts";

/** Nodes that LangGraph adds by itself. */
const INTERNAL = /^__.*__$/;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Nodes that a `Command` sends the run to; they stand in the output and nowhere else. */
function gotoOf(span: Span): string {
  const output = jsonAt(span.attributes, "output.value");
  if (output?.["lg_name"] !== "Command") return "";
  const targets = output["goto"];
  const first: unknown = Array.isArray(targets) ? targets[0] : targets;
  return INTERNAL.test(textOf(first)) ? "" : textOf(first);
}

/** The model's name, which these spans have only in the answer. */
function modelOf(span: Span): string {
  const generations = jsonAt(span.attributes, "output.value")?.["generations"];
  const text = JSON.stringify(generations ?? "");
  return /"model_name":"([^"\\]{1,256})"/.exec(text)?.[1] ?? "";
}

/** LangGraph names no agent: its nodes are known by `metadata`, which tracers of LangChain write along. */
export const langGraph: Dialect = {
  name: "langgraph",
  prefixes: ["metadata"],
  derive(span): Partial<Facets> {
    const metadata = jsonAt(span.attributes, "metadata");
    const node = textOf(metadata?.["langgraph_node"]);
    if (metadata === undefined || node === "") return {};
    // "researcher:1f…|model:9a…": the node of the outermost graph is the agent, those inside are its steps.
    const place = textOf(metadata["langgraph_checkpoint_ns"]);
    const outermost = place.split(":", 1)[0] ?? "";
    const isKind = (kind: string) => textAt(span.attributes, "openinference.span.kind") === kind;
    const facets: Partial<Facets> = {
      // Who sets a session means it; a thread is what LangGraph keeps its state by.
      conversation: textAt(span.attributes, "session.id") || textOf(metadata["thread_id"]),
      user: textOf(metadata["user_id"]),
      model: textOf(metadata["ls_model_name"]),
      provider: textOf(metadata["ls_provider"]),
    };
    if (!INTERNAL.test(outermost)) facets.agent = outermost;
    if (isKind("LLM") && facets.model === "") facets.model = modelOf(span);
    const isAgent = isKind("CHAIN") && span.name === outermost && !place.includes("|");
    if (isAgent && !INTERNAL.test(node)) {
      facets.operation = "invoke_agent";
      facets.peer = gotoOf(span);
    }
    return facets;
  },
};
