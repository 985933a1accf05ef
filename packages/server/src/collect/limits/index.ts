export { AppenderPool } from "./appenders.ts";
export { createIngestCounters, type IngestCounters } from "./counters.ts";
export { Gate, type Admitted, type GateContext } from "./gate.ts";
export { InFlight } from "./in-flight.ts";
export { SampleRates } from "./rate.ts";
