import { formatDuration } from "#lib";

import { ConfigShape, type Config } from "./schema.ts";
import { inspectSetting, itemOf, keysOf, type Setting } from "./walk.ts";

function write(value: unknown, setting: Setting): unknown {
  if (setting.kind === "duration" && typeof value === "number") return formatDuration(value);
  const item = itemOf(setting);
  if (Array.isArray(value))
    return item ? value.map((entry) => write(entry, inspectSetting(item))) : value;
  if (typeof value !== "object" || value === null) return value;
  const keys = keysOf(setting);
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      const schema = keys?.[key] ?? item;
      return [key, schema ? write(entry, inspectSetting(schema)) : entry];
    }),
  );
}

/** A configuration as it would be written in a file: durations are text again, everything else is as it is read. */
export const writtenConfig = (config: Config): unknown =>
  write(config, inspectSetting(ConfigShape));
