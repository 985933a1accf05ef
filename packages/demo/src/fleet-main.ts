import { parseArgs } from "node:util";

import { startFleet } from "./fleet/index.ts";
import { joinServer } from "./join-server.ts";
import type { FleetMessage } from "./messages.ts";
import { isScenario, parseOutage, PLANS, SCENARIOS } from "./scenarios.ts";
import type { ScenarioPlan } from "./scenarios.ts";

const USAGE = `Usage: node fleet-main.ts --server URL [options]

Runs the demo fleet: twelve services on loopback that work for one another.

  --server URL       Fleetlight server at which the services register
  --scenario NAME    ${SCENARIOS.join(", ")} (default outage)
  --token TOKEN      bearer token of the server; also read from FLEETLIGHT_TOKEN, where no other user can see it
  --outage A,B,C     seconds to the first break, seconds that it lasts, seconds between breaks
  --free-ports       take free ports instead of 8001-8012
  --deregister       remove the services from the server at the end
  --help`;

/** A stop that takes longer is cut short. */
const STOP_LIMIT_MS = 1800;
const SEND_LIMIT_MS = 5000;

type Arguments = {
  server: string;
  plan: ScenarioPlan;
  token: string | undefined;
  ports: "free" | "catalogue";
  deregister: boolean;
};

/** @throws Error with a sentence for the user. */
function readArguments(): Arguments | null {
  const { values } = parseArgs({
    options: {
      server: { type: "string" },
      scenario: { type: "string", default: "outage" },
      token: { type: "string" },
      outage: { type: "string" },
      "free-ports": { type: "boolean", default: false },
      deregister: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  if (
    values.server === undefined ||
    !/^https?:/.test(values.server) ||
    !URL.canParse(values.server)
  ) {
    throw new Error("--server must be an http:// or https:// address");
  }
  if (!isScenario(values.scenario)) {
    throw new Error(`--scenario must be one of ${SCENARIOS.join(", ")}`);
  }
  const plan = PLANS[values.scenario];
  return {
    server: values.server,
    plan: values.outage === undefined ? plan : { ...plan, outage: parseOutage(values.outage) },
    token: values.token ?? process.env["FLEETLIGHT_TOKEN"],
    ports: values["free-ports"] ? "free" : "catalogue",
    deregister: values.deregister,
  };
}

function tell(message: FleetMessage): void {
  if (process.send !== undefined) {
    // A parent that dies closes the channel before this process hears of it; then nobody is left to tell.
    if (process.connected) process.send(message, undefined, undefined, () => {});
    return;
  }
  if (message.type === "message") console.log(message.text);
  if (message.type === "failed") console.error(message.error);
  if (message.type === "ready") {
    for (const { id, url } of message.services) console.log(`${id} ${url}`);
  }
}

/** Spans go the way of any OpenTelemetry SDK, and logs as lines of JSON. */
async function send(
  { server, token }: Arguments,
  path: string,
  contentType: string,
  body: string,
): Promise<void> {
  const answer = await fetch(new URL(path, server), {
    method: "POST",
    headers: {
      "content-type": contentType,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body,
    signal: AbortSignal.timeout(SEND_LIMIT_MS),
  });
  await answer.arrayBuffer();
}

async function run(options: Arguments): Promise<void> {
  const onMessage = (text: string) => tell({ type: "message", text });
  const fleet = await startFleet({
    plan: options.plan,
    ports: options.ports,
    onMessage,
    sendSpans: (body) => send(options, "/v1/traces", "application/json", body),
    sendLines: (body) => send(options, "/api/v1/logs", "application/x-ndjson", body),
  });
  const membership = joinServer(fleet.services, {
    serverUrl: options.server,
    onMessage,
    ...(options.token === undefined ? {} : { token: options.token }),
  });
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
    await membership.leave(options.deregister);
    await fleet.stop();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT", "disconnect"]) process.on(signal, () => void stop());
  tell({ type: "ready", services: fleet.services.map(({ id, url }) => ({ id, url })) });
}

try {
  const options = readArguments();
  if (options === null) console.log(USAGE);
  else {
    run(options).catch((error: unknown) => {
      tell({ type: "failed", error: error instanceof Error ? error.message : String(error) });
      process.exitCode = 1;
      if (process.connected) process.disconnect();
    });
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}
