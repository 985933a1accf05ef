// What every producer begins with: our SDK as the tracer provider of the process.
import * as api from "@opentelemetry/api";

import { createMonitoring } from "../../../packages/sdk/src/index.ts";

export const fleet = createMonitoring({
  url: process.env.FLEETLIGHT_URL,
  service: process.argv[1].split("/").at(-1).replace(".mjs", ""),
  register: false,
});
if (!fleet.shareTracing(api)) throw new Error("there is another tracer provider");

/** Runs a producer inside of one workflow, whose trace id is the last line that it prints. */
export async function produce(run) {
  const workflow = fleet.startWorkflow({ id: fleet.service.name, type: "producer" });
  try {
    await workflow.run(run);
  } finally {
    workflow.complete();
    const sent = await fleet.shutdown({ timeoutMs: 10_000 });
    if (!sent) process.exitCode = 1;
  }
  console.log(workflow.traceId);
}
