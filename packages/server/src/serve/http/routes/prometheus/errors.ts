import { EvaluationError, PromQLError } from "@fleetlight/promql";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";

import { FleetlightError } from "#lib";

/** Kinds of failures and their statuses, as upstream's API has them. */
const STATUS = {
  bad_data: 400,
  not_found: 404,
  not_acceptable: 406,
  execution: 422,
  canceled: 499,
  internal: 500,
  timeout: 503,
  unavailable: 503,
} as const;

export type ApiErrorType = keyof typeof STATUS;

/** A failure in the words of Prometheus' HTTP API. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly type: ApiErrorType;

  constructor(type: ApiErrorType, message: string) {
    super(message);
    this.type = type;
  }
}

export const badData = (message: string): ApiError => new ApiError("bad_data", message);

export const badParameter = (name: string, message: string): ApiError =>
  badData(`invalid parameter ${JSON.stringify(name)}: ${message}`);

/** Gives what a parser of expressions throws the name of the parameter, where upstream names it. */
export function parsing<T>(parameter: string | null, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof PromQLError)) throw error;
    throw parameter === null ? badData(error.message) : badParameter(parameter, error.message);
  }
}

interface Failure {
  status: number;
  errorType: string;
  message: string;
}

const TYPE_OF_STATUS: Record<number, string> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  429: "too_many_requests",
  503: "unavailable",
};

function failureOf(error: Error): Failure {
  const { message } = error;
  if (error instanceof ApiError)
    return { status: STATUS[error.type], errorType: error.type, message };
  if (error instanceof EvaluationError) {
    const inQuery = error.type === "bad_data" ? 'invalid parameter "query": ' : "";
    return { status: STATUS[error.type], errorType: error.type, message: inQuery + message };
  }
  if (error instanceof PromQLError)
    return { status: 400, errorType: "bad_data", message: `invalid parameter "query": ${message}` };
  const status =
    error instanceof FleetlightError ? error.status : ((error as FastifyError).statusCode ?? 500);
  if (status >= 500 && !(error instanceof FleetlightError))
    return {
      status: 500,
      errorType: "internal",
      message: "the server failed to answer; its log says why",
    };
  return { status, errorType: TYPE_OF_STATUS[status] ?? "bad_data", message };
}

/** Answers what was thrown in the shape of Prometheus' API; the one place where that happens. */
export function answerApiError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, errorType, message } = failureOf(error);
  if (status === 500) request.log.error({ err: error }, "a request failed");
  if (error instanceof FleetlightError && error.retryable) void reply.header("retry-after", "2");
  if (status === 401) void reply.header("www-authenticate", 'Bearer realm="fleetlight"');
  void reply
    .code(status)
    .type("application/json")
    .send(JSON.stringify({ status: "error", errorType, error: message }));
}
