import { describeError, FleetlightError, ProtobufWriter } from "#lib";

/** Codes of https://grpc.io/docs/guides/status-codes/ that are answered here. */
export const CODES = {
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** As the HTTP doors say it with Retry-After. */
const RETRY_SECONDS = 2;

const BY_HTTP_STATUS: Readonly<Record<number, number>> = {
  400: CODES.invalidArgument,
  401: CODES.unauthenticated,
  403: CODES.permissionDenied,
  413: CODES.resourceExhausted,
  415: CODES.invalidArgument,
  429: CODES.resourceExhausted,
  503: CODES.unavailable,
};

/** The code that says what a status of HTTP says. */
export const codeOf = (status: number): number => BY_HTTP_STATUS[status] ?? CODES.internal;

/** How a call ends that was not taken. */
export interface CallFailure {
  code: number;
  details: string;
  /** A google.rpc.Status with a RetryInfo: without one RESOURCE_EXHAUSTED is final to a client of OTLP. */
  retry?: Buffer;
}

function retryInfo(code: number, message: string): Buffer {
  const writer = new ProtobufWriter();
  writer.uint(1, code);
  writer.string(2, message);
  writer.message(3, () => {
    writer.string(1, "type.googleapis.com/google.rpc.RetryInfo");
    writer.message(2, () => writer.message(1, () => writer.uint(1, RETRY_SECONDS)));
  });
  return Buffer.from(writer.take());
}

/** Trailers are ASCII, and what was thrown may quote what was sent. */
const plain = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").slice(0, 1000);

/** The one place where what was thrown becomes the end of a call. */
export function failureOf(error: unknown): CallFailure {
  if (!(error instanceof FleetlightError))
    return { code: CODES.internal, details: "the server failed to answer; its log says why" };
  const code = codeOf(error.status);
  const details = plain(describeError(error));
  return error.retryable ? { code, details, retry: retryInfo(code, details) } : { code, details };
}
