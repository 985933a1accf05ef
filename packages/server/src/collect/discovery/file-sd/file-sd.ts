import type { Config } from "#config";

import type { Mechanism, MechanismContext } from "../types.ts";
import { TargetFiles } from "./target-files.ts";
import { readTargets } from "./targets.ts";

export type FileSdConfig = Config["discovery"]["file_sd"][number];

/** Targets in files, in the format of Prometheus' `file_sd_configs`; the files are watched and read again. */
export function createFileSd(config: FileSdConfig, context: MechanismContext): Mechanism {
  const files = new TargetFiles(
    {
      patterns: config.files,
      refreshIntervalMs: config.refresh_interval,
      read: (text, isJson) => readTargets(text, isJson, config.type),
    },
    context,
  );
  return {
    start: () => files.start(),
    stop: () => files.stop(),
    found() {
      const { items, complete } = files.found();
      return { services: items, complete };
    },
  };
}
