import { Dice, hex } from "./dice.ts";
import { OtlpWriter, type Attributes } from "./otlp-writer.ts";

interface MadeSpan {
  traceId: Uint8Array;
  spanId: Uint8Array;
  parentSpanId: Uint8Array | undefined;
  service: number;
  name: string;
  /** 1 internal, 2 server, 3 client. */
  kind: number;
  startNs: bigint;
  durationNs: bigint;
  failed: boolean;
  attributes: Attributes;
}

const SERVICES = ["gateway", "planner", "researcher", "writer", "reviewer", "retriever", "tools"];
const AGENTS = ["planner", "researcher", "writer", "reviewer"];
const MODELS = [
  ["openai", "gpt-4o-2024-08-06"],
  ["openai", "gpt-4o-mini-2024-07-18"],
  ["anthropic", "claude-sonnet-4-20250514"],
] as const;
const TOOLS = ["search_web", "read_page", "query_orders", "send_mail", "run_code"];
const FAILED_SHARE = 0.02;
const PODS = 8;
/** Over which runs are spread. */
const SPAN_MS = 3 * 3_600_000;

/** Runs of a small fleet of agents as their instrumentations would tell of them: about 16 spans each. */
export class AgentRuns {
  private readonly dice: Dice;

  constructor(seed: number) {
    this.dice = new Dice(seed);
  }

  /** Spans of one run, parents first. */
  run(startNs: bigint): MadeSpan[] {
    const { dice } = this;
    const traceId = dice.bytes(16);
    const conversation = `conv-${hex(dice.bytes(6))}`;
    const spans: MadeSpan[] = [];
    let nowNs = startNs;
    const add = (
      parent: MadeSpan | undefined,
      service: number,
      name: string,
      kind: number,
      meanMs: number,
      attributes: Attributes,
    ): MadeSpan => {
      const span: MadeSpan = {
        traceId,
        spanId: dice.bytes(8),
        parentSpanId: parent?.spanId,
        service,
        name,
        kind,
        startNs: nowNs,
        durationNs: dice.durationNs(meanMs),
        failed: dice.share() < FAILED_SHARE,
        attributes,
      };
      spans.push(span);
      nowNs += span.durationNs / 8n;
      return span;
    };
    const root = add(undefined, 0, "POST /v1/runs", 2, 9000, {
      "http.request.method": "POST",
      "http.route": "/v1/runs",
      "url.path": "/v1/runs",
      "http.response.status_code": 200,
      "user_agent.original": "python-requests/2.32",
      "user.id": `user-${dice.below(5000)}`,
    });
    const steps = 2 + dice.below(3);
    for (let step = 0; step < steps; step++) this.agentStep(add, root, conversation);
    return spans;
  }

  private agentStep(
    add: (
      parent: MadeSpan | undefined,
      service: number,
      name: string,
      kind: number,
      meanMs: number,
      attributes: Attributes,
    ) => MadeSpan,
    root: MadeSpan,
    conversation: string,
  ): void {
    const { dice } = this;
    const at = dice.below(AGENTS.length);
    const [provider, model] = MODELS[dice.below(MODELS.length)] ?? MODELS[0];
    const agent = AGENTS[at] ?? "";
    const common = { "gen_ai.agent.name": agent, "gen_ai.conversation.id": conversation };
    const invoked = add(root, at + 1, `invoke_agent ${agent}`, 1, 3000, {
      ...common,
      "gen_ai.operation.name": "invoke_agent",
    });
    const chat = add(invoked, at + 1, `chat ${model}`, 3, 1200, {
      ...common,
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": model.slice(0, 6),
      "gen_ai.response.model": model,
      "gen_ai.response.id": `chatcmpl-${hex(dice.bytes(12))}`,
      "gen_ai.request.temperature": 0.2,
      "gen_ai.usage.input_tokens": 200 + dice.below(6000),
      "gen_ai.usage.output_tokens": 20 + dice.below(900),
      "server.address": `api.${provider}.com`,
      "server.port": 443,
    });
    add(chat, at + 1, "POST", 3, 1100, {
      "http.request.method": "POST",
      "url.full": `https://api.${provider}.com/v1/chat/completions`,
      "server.address": `api.${provider}.com`,
      "http.response.status_code": 200,
      "network.protocol.version": "1.1",
    });
    const tool = TOOLS[dice.below(TOOLS.length)] ?? "";
    const call = add(invoked, at + 1, `execute_tool ${tool}`, 1, 400, {
      ...common,
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": tool,
      "gen_ai.tool.call.id": `call_${hex(dice.bytes(12))}`,
      "gen_ai.tool.type": "function",
    });
    add(call, 6, `tools/${tool}`, 2, 300, {
      "rpc.system": "jsonrpc",
      "rpc.method": tool,
      "mcp.session.id": conversation,
    });
  }
}

/** Writes spans as one OTLP request in protobuf, grouped by the process that they come from. */
export class SpanBody {
  private readonly writer = new OtlpWriter();

  encode(spans: readonly MadeSpan[]): Uint8Array<ArrayBuffer> {
    const groups = new Map<number, MadeSpan[]>();
    for (const span of spans) {
      const key = span.service * PODS + ((span.spanId[0] ?? 0) % PODS);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [span]);
      else group.push(span);
    }
    const { writer } = this;
    for (const [key, group] of groups)
      writer.message(1, () => {
        const service = SERVICES[Math.floor(key / PODS)] ?? "";
        writer.resource(1, service, key % PODS);
        writer.message(2, () => {
          writer.message(1, () => writer.string(1, "@fleet/agents"));
          for (const span of group) writer.message(2, () => this.span(span));
        });
      });
    return Uint8Array.from(writer.take());
  }

  private span(span: MadeSpan): void {
    const { writer } = this;
    const { parentSpanId } = span;
    writer.message(1, () => writer.raw(span.traceId));
    writer.message(2, () => writer.raw(span.spanId));
    if (parentSpanId !== undefined) writer.message(4, () => writer.raw(parentSpanId));
    writer.string(5, span.name);
    writer.uint(6, span.kind);
    writer.fixed64(7, span.startNs);
    writer.fixed64(8, span.startNs + span.durationNs);
    writer.attributes(
      9,
      span.failed ? { ...span.attributes, "error.type": "timeout" } : span.attributes,
    );
    if (span.failed)
      writer.message(15, () => {
        writer.string(2, "upstream did not answer in time");
        writer.uint(3, 2);
      });
  }
}

/** Bodies of so many spans each, of runs that follow one another over the last hours. */
export function bodiesOf(spans: number, batch: number, seed: number): Uint8Array<ArrayBuffer>[] {
  const runs = new AgentRuns(seed);
  const body = new SpanBody();
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  const startNs = BigInt(Date.now() - SPAN_MS) * 1_000_000n;
  const stepNs = (BigInt(SPAN_MS) * 1_000_000n * 16n) / BigInt(spans);
  let waiting: ReturnType<AgentRuns["run"]> = [];
  for (let made = 0, run = 0n; made < spans; run++) {
    const some = runs.run(startNs + run * stepNs);
    made += some.length;
    waiting.push(...some);
    for (; waiting.length >= batch; waiting = waiting.slice(batch))
      bodies.push(body.encode(waiting.slice(0, batch)));
  }
  return bodies;
}
