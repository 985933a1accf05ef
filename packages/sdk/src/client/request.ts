import type { Answer, Ask, Question } from "../http/ask.ts";

/** A request that failed: `status` is null when no answer came. */
export class FleetlightError extends Error {
  /** The server's own code such as `not_found`, or `unreachable`, `timeout`, `bad_answer`. */
  readonly code: string;
  readonly status: number | null;
  /** Fields that the server refused, and why. */
  readonly details: readonly { path: string; message: string }[];

  constructor(
    code: string,
    message: string,
    status: number | null,
    details: readonly { path: string; message: string }[] = [],
  ) {
    super(message);
    this.name = "FleetlightError";
    this.code = code;
    this.status = status;
    this.details = details;
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return this.status === null || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** Longer answers are refused: the host's memory is not ours. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export type Transport = {
  url: string;
  token: string | undefined;
  tenant: string | undefined;
  timeoutMs: number;
  ask: Ask;
};

function refused(status: number, text: string): FleetlightError {
  let error: { code?: unknown; message?: unknown; details?: unknown } = {};
  try {
    const body = JSON.parse(text) as { error?: unknown } | null;
    if (typeof body?.error === "object" && body.error !== null) error = body.error;
  } catch {
    // A proxy's error page is no JSON; its status says enough.
  }
  const code = typeof error.code === "string" ? error.code : `http_${status}`;
  const message =
    typeof error.message === "string" ? error.message : `the server answered ${status}`;
  const details = Array.isArray(error.details) ? error.details : [];
  return new FleetlightError(code, message, status, details);
}

function unanswered(cause: unknown, timeoutMs: number, url: string): FleetlightError {
  if (cause instanceof Error && cause.name === "TimeoutError") {
    return new FleetlightError("timeout", `no answer from ${url} within ${timeoutMs} ms`, null);
  }
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error ? inner.message || inner.name : String(inner);
  return new FleetlightError("unreachable", `cannot reach ${url}: ${reason}`, null);
}

/**
 * Sends one JSON request and answers the parsed body. Statuses in `lenient` count as success.
 * @throws FleetlightError, and nothing else.
 */
export async function send(
  transport: Transport,
  method: string,
  path: string,
  body?: unknown,
  lenient: readonly number[] = [],
): Promise<unknown> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (transport.token !== undefined) headers["authorization"] = `Bearer ${transport.token}`;
  if (transport.tenant !== undefined) headers["x-scope-orgid"] = transport.tenant;
  if (body !== undefined) headers["content-type"] = "application/json";
  const { status, body: bytes } = await answerOf(transport, {
    method,
    url: transport.url + path,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    timeoutMs: transport.timeoutMs,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  });
  if (bytes === null) {
    const message = `the answer is longer than ${MAX_ANSWER_BYTES} bytes`;
    throw new FleetlightError("bad_answer", message, status);
  }
  const text = new TextDecoder().decode(bytes);
  if ((status < 200 || status > 299) && !lenient.includes(status)) throw refused(status, text);
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new FleetlightError("bad_answer", "the server's answer is not JSON", status);
  }
}

async function answerOf(transport: Transport, question: Question): Promise<Answer> {
  try {
    return await transport.ask(question);
  } catch (cause) {
    throw unanswered(cause, transport.timeoutMs, transport.url);
  }
}
