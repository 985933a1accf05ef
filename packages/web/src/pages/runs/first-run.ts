/** Ways to send a first span to the Fleetlight behind `origin`. */
export const WAYS = [
  { value: "otlp", label: "Any SDK" },
  { value: "vercel", label: "Vercel AI" },
  { value: "langgraph", label: "LangGraph" },
  { value: "python", label: "Python" },
  { value: "curl", label: "curl" },
] as const;
export type Way = (typeof WAYS)[number]["value"];

export const SAID: Readonly<Record<Way, string>> = {
  otlp: "In the environment of anything that is instrumented with OpenTelemetry:",
  vercel:
    "In instrumentation.ts; then give experimental_telemetry: { isEnabled: true } to each call:",
  langgraph: "Before the graph is made, with OpenInference's instrumentation of LangChain:",
  python: "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http, then:",
  curl: "By hand, to see that a span arrives:",
};

export const firstRun = (origin: string): Readonly<Record<Way, string>> => ({
  otlp: `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_SERVICE_NAME=my-agents`,
  vercel: `import { NodeSDK } from "@opentelemetry/sdk-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";

new NodeSDK({
  serviceName: "my-agents",
  traceExporter: new OTLPTraceExporter({ url: "${origin}/v1/traces" }),
}).start();`,
  langgraph: `import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import * as callbacks from "@langchain/core/callbacks/manager";

const exporter = new OTLPTraceExporter({ url: "${origin}/v1/traces" });
new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }).register();
new LangChainInstrumentation().manuallyInstrument(callbacks);`,
  python: `from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter("${origin}/v1/traces")))
trace.set_tracer_provider(provider)

with trace.get_tracer("first").start_as_current_span("invoke_agent lead") as span:
    span.set_attribute("gen_ai.operation.name", "invoke_agent")
    span.set_attribute("gen_ai.agent.name", "lead")
provider.shutdown()`,
  curl: `NOW=$(date +%s)
curl ${origin}/v1/traces -H 'content-type: application/json' -d '{
  "resourceSpans": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my-agents"}}]},
    "scopeSpans": [{"spans": [{
      "traceId": "'$(openssl rand -hex 16)'", "spanId": "'$(openssl rand -hex 8)'", "name": "invoke_agent lead",
      "startTimeUnixNano": "'$NOW'000000000", "endTimeUnixNano": "'$((NOW + 1))'000000000",
      "attributes": [{"key": "gen_ai.agent.name", "value": {"stringValue": "lead"}}]
    }]}]
  }]
}'`,
});
