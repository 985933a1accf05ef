/** Seconds; OpenTelemetry's for calls of models, with some more at both ends for what is quicker and slower than these. */
const SECONDS = [
  0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96,
  81.92, 163.84, 327.68,
];
const TOKENS = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
];
const BYTES = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

/** A metric that is made of spans; one with bounds is a histogram, others are counters. */
export interface Family {
  name: string;
  help: string;
  unit: string;
  bounds?: readonly number[];
}

const family = <T extends Family>(of: T): T => of;

/** Names of OpenTelemetry's connector for span metrics and conventions for generative AI, as Prometheus has them. */
export const FAMILIES = {
  calls: family({
    name: "traces_span_metrics_calls_total",
    help: "Spans that ended.",
    unit: "",
  }),
  duration: family({
    name: "traces_span_metrics_duration_seconds",
    help: "How long spans lasted.",
    unit: "seconds",
    bounds: SECONDS,
  }),
  operation: family({
    name: "gen_ai_client_operation_duration_seconds",
    help: "How long calls of models lasted.",
    unit: "seconds",
    bounds: SECONDS,
  }),
  agent: family({
    name: "gen_ai_invoke_agent_duration_seconds",
    help: "How long agents worked on what they were asked.",
    unit: "seconds",
    bounds: SECONDS,
  }),
  tool: family({
    name: "gen_ai_execute_tool_duration_seconds",
    help: "How long calls of tools lasted.",
    unit: "seconds",
    bounds: SECONDS,
  }),
  usage: family({
    name: "gen_ai_client_token_usage",
    help: "Tokens of one call of a model, each call counted once.",
    unit: "",
    bounds: TOKENS,
  }),
  tokens: family({
    name: "fleetlight_agent_tokens_total",
    help: "Tokens that were used, each once; cache_read is part of input, reasoning of output.",
    unit: "",
  }),
  cost: family({
    name: "fleetlight_agent_cost_usd_total",
    help: "What was paid for, as far as the price is known.",
    unit: "",
  }),
  messages: family({
    name: "maos_messages_total",
    help: "Messages between agents.",
    unit: "",
  }),
  messageSize: family({
    name: "maos_message_size_bytes",
    help: "Size of messages between agents.",
    unit: "bytes",
    bounds: BYTES,
  }),
  messageTime: family({
    name: "maos_message_processing_time_seconds",
    help: "How long messages between agents took.",
    unit: "seconds",
    bounds: SECONDS,
  }),
} as const satisfies Record<string, Family>;
