import { Dice, hex } from "./dice.ts";
import { OtlpWriter, type Attributes } from "./otlp-writer.ts";

interface MadeLine {
  service: string;
  pod: number;
  timeNs: bigint;
  severity: number;
  body: string;
  logger: string;
  /** 16 and 8 bytes; undefined when it belongs to no span. */
  trace: { id: Uint8Array; span: Uint8Array } | undefined;
  attributes: Attributes;
}

const SERVICES = ["gateway", "planner", "researcher", "writer", "reviewer", "tools"] as const;
const AGENTS = ["planner", "researcher", "writer", "reviewer"] as const;
const ROUTES = ["/v1/runs", "/v1/runs/{id}", "/v1/agents", "/healthz", "/v1/tools/search"] as const;
const TOOLS = ["search_web", "read_page", "query_orders", "send_mail", "run_code"] as const;
const LOGGERS = ["http.server", "agents.loop", "tools.client", "db.pool"] as const;
const PODS = 8;
const SEVERITIES = { 5: "DEBUG", 9: "INFO", 13: "WARN", 17: "ERROR" } as const;
/** Lines of one run that follow one another. */
const LINES_PER_RUN = 12;
const WITHOUT_TRACE = 0.3;

/** What a fleet writes: a few dozen forms, each with something that differs. */
const FORMS: readonly ((dice: Dice) => string)[] = [
  (dice) =>
    `${dice.pick(["GET", "POST"])} ${dice.pick(ROUTES)} 200 in ${dice.below(900)} ms, ${dice.below(90_000)} bytes`,
  (dice) =>
    `calling tool ${dice.pick(TOOLS)} for run ${hex(dice.bytes(6))}, attempt ${1 + dice.below(3)}`,
  (dice) => `tool ${dice.pick(TOOLS)} answered after ${dice.below(4000)} ms`,
  (dice) => `model call finished: ${dice.below(6000)} tokens in, ${dice.below(900)} tokens out`,
  (dice) => `user ${dice.below(50_000)} opened conversation conv-${hex(dice.bytes(6))}`,
  (dice) => `cache miss for key page:${hex(dice.bytes(8))}, fetching it again`,
  (dice) => `connection to 10.2.${dice.below(256)}.${dice.below(256)}:5432 returned to the pool`,
  (dice) => `step ${dice.below(40)} of the plan is done, ${dice.below(12)} are left`,
];
const TROUBLES: readonly ((dice: Dice) => string)[] = [
  (dice) => `request to ${dice.pick(TOOLS)} timed out after ${dice.below(30)} s, trying again`,
  (dice) => `connection refused by 10.2.${dice.below(256)}.${dice.below(256)}:443`,
  (dice) => `rate limit of the model provider reached, waiting ${dice.below(60)} s`,
];

/** Log lines of a small fleet, run by run. */
export class FleetLogs {
  private readonly dice: Dice;
  private trace: { id: Uint8Array; span: Uint8Array };

  constructor(seed: number) {
    this.dice = new Dice(seed);
    this.trace = { id: this.dice.bytes(16), span: this.dice.bytes(8) };
  }

  line(timeNs: bigint): MadeLine {
    const { dice } = this;
    if (dice.below(LINES_PER_RUN) === 0) this.trace = { id: dice.bytes(16), span: dice.bytes(8) };
    const isTrouble = dice.share() < 0.03;
    const forms = isTrouble ? TROUBLES : FORMS;
    const at = dice.below(SERVICES.length);
    return {
      service: SERVICES[at] ?? "",
      pod: dice.below(PODS),
      timeNs,
      severity: isTrouble ? dice.pick([13, 17]) : dice.pick([9, 9, 9, 5]),
      body: forms[dice.below(forms.length)]?.(dice) ?? "",
      logger: dice.pick(LOGGERS),
      trace: dice.share() < WITHOUT_TRACE ? undefined : this.trace,
      attributes: {
        "code.function.name": `handle_${dice.below(40)}`,
        "code.line.number": dice.below(400),
        "thread.name": `worker-${dice.below(16)}`,
        ...(dice.share() < 0.4 && {
          "gen_ai.agent.name": dice.pick(AGENTS),
          "gen_ai.operation.name": "invoke_agent",
        }),
        ...(dice.share() < 0.3 && {
          "http.request.method": "GET",
          "url.path": `/v1/runs/${dice.below(100_000)}`,
          "user.id": `user-${dice.below(5000)}`,
        }),
      },
    };
  }
}

/** One OTLP request in protobuf, grouped by the process and the logger that lines come from. */
export function otlpBody(lines: readonly MadeLine[]): Uint8Array<ArrayBuffer> {
  const writer = new OtlpWriter();
  const record = ({ timeNs, severity, body, trace, attributes }: MadeLine) => {
    writer.fixed64(1, timeNs);
    writer.uint(2, severity);
    writer.string(3, SEVERITIES[severity as keyof typeof SEVERITIES]);
    writer.message(5, () => writer.string(1, body));
    writer.attributes(6, attributes);
    if (trace !== undefined) {
      writer.message(9, () => writer.raw(trace.id));
      writer.message(10, () => writer.raw(trace.span));
    }
    writer.fixed64(11, timeNs + 1000n);
  };
  // A process sends its own lines: a batch is of one service.
  const { service = "", pod = 0 } = lines[0] ?? {};
  writer.message(1, () => {
    writer.resource(1, service, pod);
    for (const logger of LOGGERS)
      writer.message(2, () => {
        writer.message(1, () => writer.string(1, logger));
        for (const line of lines) if (line.logger === logger) writer.message(2, () => record(line));
      });
  });
  return Uint8Array.from(writer.take());
}

/** The same as lines of JSON, as a logger of Node writes them. */
export function jsonBody(lines: readonly MadeLine[]): Uint8Array<ArrayBuffer> {
  const texts = lines.map(({ service, pod, timeNs, severity, body, logger, trace, attributes }) =>
    JSON.stringify({
      level: severity === 5 ? 20 : severity === 9 ? 30 : severity === 13 ? 40 : 50,
      time: Number(timeNs / 1_000_000n),
      service,
      hostname: `node-${pod}`,
      logger,
      msg: body,
      ...(trace && { trace_id: hex(trace.id), span_id: hex(trace.span) }),
      ...attributes,
    }),
  );
  return Uint8Array.from(Buffer.from(texts.join("\n")));
}
