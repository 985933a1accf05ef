import { FleetlightError, describeError } from "./errors.ts";

export type OutboundCode =
  | "outbound_blocked"
  | "outbound_timeout"
  | "outbound_refused"
  | "outbound_dns"
  | "outbound_tls"
  | "outbound_too_large"
  | "outbound_failed";

const STATUS: Partial<Record<OutboundCode, number>> = {
  outbound_blocked: 400,
  outbound_timeout: 504,
};

const FINAL: ReadonlySet<OutboundCode> = new Set([
  "outbound_blocked",
  "outbound_tls",
  "outbound_too_large",
]);

/** An error about a URL of a user; the message names host and port and never credentials, path or query. */
export const outboundError = (code: OutboundCode, message: string, cause?: unknown) =>
  new FleetlightError(code, STATUS[code] ?? 502, message, {
    retryable: !FINAL.has(code),
    ...(cause === undefined ? {} : { cause }),
    ...(code === "outbound_blocked" ? { details: [{ path: "url", message }] } : {}),
  });

export const blockedAddress = (host: string, address: string, reason: string) =>
  outboundError(
    "outbound_blocked",
    host === address
      ? `${address} is ${reason}; \`outbound\` in the configuration can allow it`
      : `${host} resolves to ${address}, ${reason}; \`outbound\` in the configuration can allow it`,
  );

interface SystemError {
  code: string;
  address?: string;
  port?: number;
}

/** The first error with a code: with several addresses Node wraps one error for each. */
function systemError(error: unknown): SystemError {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return systemError(error.errors[0]);
  }
  if (!(error instanceof Error)) return { code: "" };
  const { code, address, port } = error as Partial<SystemError> & Error;
  return {
    code: typeof code === "string" ? code : "",
    ...(typeof address === "string" ? { address } : {}),
    ...(typeof port === "number" ? { port } : {}),
  };
}

const UNREACHABLE: Record<string, string> = {
  EHOSTUNREACH: "no route to",
  ENETUNREACH: "no network to",
  EHOSTDOWN: "down:",
  EADDRNOTAVAIL: "no local port left for",
  EMFILE: "too many open files to reach",
  ENFILE: "too many open files to reach",
};

const CLOSED = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "UND_ERR_SOCKET"]);
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO|HOSTNAME_MISMATCH)/;
/** Of our own reader of answers and of llhttp. */
const NO_HTTP = /^(ANSWER_INVALID$|HPE_)/;
const LONG_HEAD = new Set(["ANSWER_HEAD_TOO_LARGE", "UND_ERR_HEADERS_OVERFLOW"]);
const DNS = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "EAI_FAIL", "EAI_NONAME"]);

/** True when the other side closed the connection, which is no news about a connection that was idle before. */
export const isClosedByPeer = (error: unknown): boolean => CLOSED.has(systemError(error).code);

/** What a failed exchange means to a person. */
export function explainFailure(error: unknown, host: string): FleetlightError {
  if (error instanceof FleetlightError) return error;
  const { code, address, port } = systemError(error);
  const where = address === undefined ? host : `${address}${port === undefined ? "" : `:${port}`}`;
  if (code === "ECONNREFUSED") {
    return outboundError("outbound_refused", `connection refused by ${where}`, error);
  }
  if (DNS.has(code)) {
    const name = host.replace(/:\d+$/, "");
    const what = code === "EAI_AGAIN" ? "the name server does not answer for" : "no address for";
    return outboundError("outbound_dns", `${what} ${name}`, error);
  }
  if (code === "ETIMEDOUT" || code === "UND_ERR_CONNECT_TIMEOUT") {
    return outboundError("outbound_timeout", `no connection to ${where} in time`, error);
  }
  if (TLS.test(code)) {
    return outboundError("outbound_tls", `TLS with ${host} failed: ${describeError(error)}`, error);
  }
  if (CLOSED.has(code)) {
    const message = `${host} closed the connection before its answer was complete`;
    return outboundError("outbound_failed", message, error);
  }
  if (NO_HTTP.test(code)) {
    return outboundError("outbound_failed", `${host} does not answer in valid HTTP`, error);
  }
  if (LONG_HEAD.has(code)) {
    return outboundError("outbound_too_large", `${host} sends too many headers`, error);
  }
  const unreachable = UNREACHABLE[code];
  if (unreachable) return outboundError("outbound_failed", `${unreachable} ${where}`, error);
  return outboundError("outbound_failed", `${host}: ${describeError(error)}`, error);
}
