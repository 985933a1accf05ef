import { loadConfig, redactConfig, writtenConfig } from "@fleetlight/server/config";

import { toOverrides, type ServerOptions } from "../server-options.ts";

/** Prints the configuration that `serve` would use with the same options, as JSON that `serve` takes. */
export function printConfig(options: ServerOptions): void {
  const { config } = loadConfig({
    file: options.config,
    env: process.env,
    overrides: toOverrides(options),
  });
  process.stdout.write(`${JSON.stringify(writtenConfig(redactConfig(config)), null, 2)}\n`);
}
