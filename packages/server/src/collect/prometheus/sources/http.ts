import type { ScrapeJob } from "#config";
import type { Outbound } from "#lib";

import { readTargetGroups } from "../../discovery/file-sd/index.ts";
import { groupOf } from "./group.ts";
import { PolledSource } from "./polled.ts";
import type { Source, SourceContext } from "./types.ts";

type HttpSdConfig = ScrapeJob["http_sd_configs"][number];

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MAX_TIMEOUT_MS = 30_000;

/** The address as a label: without a password, as upstream writes it. */
function shownUrl(text: string): string {
  const url = new URL(text);
  if (url.password !== "") url.password = "xxxxx";
  return url.href;
}

/** Target groups from an HTTP service: JSON with status 200 and the content type that says so, as upstream asks for. */
export function createHttpSource(
  config: HttpSdConfig,
  client: Pick<Outbound, "request">,
  context: SourceContext,
): Source {
  const { url, refresh_interval: intervalMs } = config;
  const shown = shownUrl(url);
  const look = async (signal: AbortSignal) => {
    const { status, headers, body } = await client.request(url, {
      headers: {
        accept: "application/json",
        "user-agent": "Fleetlight",
        "x-prometheus-refresh-interval-seconds": String(intervalMs / 1000),
      },
      timeoutMs: Math.min(intervalMs, MAX_TIMEOUT_MS),
      maxBodyBytes: MAX_BODY_BYTES,
      followRedirects: config.follow_redirects,
      signal,
    });
    if (status !== 200) throw new Error(`server returned HTTP status ${status}`);
    const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
    if (type !== "application/json")
      throw new Error(`unsupported content type ${JSON.stringify(type ?? "").slice(0, 100)}`);
    return readTargetGroups(body.toString("utf8"), true).map(({ targets, labels }) =>
      groupOf(targets, { ...labels, __meta_url: shown }),
    );
  };
  return new PolledSource({ place: shown, intervalMs, look }, context);
}
