import { STATUS_CODES } from "node:http";

import { FleetlightError, type Outbound } from "#lib";

import type { ExpositionFormat } from "./exposition/index.ts";

/** As Prometheus 3 asks without protocol buffers: OpenMetrics first, and UTF-8 names without escaping. */
const ACCEPT =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5," +
  "application/openmetrics-text;version=0.0.1;q=0.4," +
  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

export interface Page {
  body: Buffer;
  format: ExpositionFormat;
  /** A content type that says nothing of metrics; the page is read as text. Empty when there was none. */
  strangeType: string | undefined;
}

interface FetchOptions {
  timeoutMs: number;
  maxBodyBytes: number;
  followRedirects: boolean;
  /** False asks for a page that is not compressed. */
  compressed: boolean;
  signal: AbortSignal;
}

/** Asks a target for its page. Throws FleetlightError with a cause in words. */
export async function fetchPage(
  outbound: Pick<Outbound, "request">,
  url: string,
  options: FetchOptions,
): Promise<Page> {
  const { timeoutMs, maxBodyBytes, followRedirects, compressed, signal } = options;
  const { status, headers, body } = await outbound.request(url, {
    headers: {
      accept: ACCEPT,
      ...(compressed ? {} : { "accept-encoding": "identity" }),
      "user-agent": "Fleetlight",
      "x-prometheus-scrape-timeout-seconds": String(timeoutMs / 1000),
    },
    timeoutMs,
    maxBodyBytes,
    followRedirects,
    signal,
  });
  if (status !== 200) {
    const reason = STATUS_CODES[status] ?? "";
    throw new FleetlightError(
      "scrape_status",
      502,
      `the target answers HTTP status ${status} ${reason}`.trimEnd(),
      { retryable: true },
    );
  }
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type === "application/openmetrics-text") {
    return { body, format: "openmetrics", strangeType: undefined };
  }
  const strangeType = type === "text/plain" ? undefined : type.slice(0, 100);
  return { body, format: "text", strangeType };
}
