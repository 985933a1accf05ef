import { askBy } from "../http/ask.ts";
import { askBySockets } from "../http/sockets.ts";
import { createClient } from "./client.ts";
import type { ClientOptions, FleetlightClient } from "./client.ts";

/** @throws TypeError when `url` is no http(s) address. Opens no connection yet. */
export function createFleetlightClient(options: ClientOptions): FleetlightClient {
  const { fetch } = options;
  // Node's own `fetch` would cost the host 13 MiB that many of them do not have yet.
  return createClient(
    options,
    fetch === undefined ? askBySockets({ background: false }) : askBy(fetch),
  );
}
