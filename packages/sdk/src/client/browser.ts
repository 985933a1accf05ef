import { askBy } from "../http/ask.ts";
import { createClient } from "./client.ts";
import type { ClientOptions, FleetlightClient } from "./client.ts";

/** @throws TypeError when `url` is no http(s) address. Opens no connection yet. */
export function createFleetlightClient(options: ClientOptions): FleetlightClient {
  return createClient(options, askBy(options.fetch ?? globalThis.fetch));
}
