import { compileRelabel } from "#collect";
import type { Config } from "#config";

type Entry = Config["alerting"]["alertmanagers"][number];

/** One Alertmanager that is told. */
export interface Endpoint {
  url: string;
  timeoutMs: number;
  followRedirects: boolean;
}

/** As Prometheus joins them: one slash in between. */
const alertsPath = (prefix: string): string =>
  `/${prefix.replaceAll(/^\/+|\/+$/g, "")}/api/v2/alerts`.replace(/^\/\//, "/");

/** Addresses of an entry after relabelling, each once. */
export function endpointsOf(entry: Entry): Endpoint[] {
  const relabel = compileRelabel(entry.relabel_configs);
  const found = new Map<string, Endpoint>();
  for (const { targets, labels: shared } of entry.static_configs) {
    for (const target of targets) {
      const labels = new Map(Object.entries(shared));
      labels.set("__address__", target);
      labels.set("__scheme__", entry.scheme);
      labels.set("__alerts_path__", alertsPath(entry.path_prefix));
      if (relabel !== undefined && !relabel(labels)) continue;
      const [scheme, address, path] = ["__scheme__", "__address__", "__alerts_path__"].map(
        (name) => labels.get(name) ?? "",
      );
      const url = `${scheme}://${address}${path}`;
      if (!URL.canParse(url)) continue;
      found.set(url, { url, timeoutMs: entry.timeout, followRedirects: entry.follow_redirects });
    }
  }
  return [...found.values()];
}
