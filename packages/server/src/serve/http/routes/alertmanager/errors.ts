import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";

import { FleetlightError } from "#lib";

/** A body that can not be read, or lacks something, in the shape of upstream's generated server. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly status: number;
  /** Upstream's number of what is wrong, which is not a status of HTTP. */
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const REQUIRED = 602;
const WRONG_TYPE = 601;

export const missing = (path: string): InvalidRequest =>
  new InvalidRequest(422, REQUIRED, `${path} in body is required`);

export const wrongType = (
  path: string,
  place: "body" | "path" | "query",
  type: string,
  value: unknown,
) =>
  new InvalidRequest(
    422,
    WRONG_TYPE,
    `${path} in ${place} must be of type ${type}: ${JSON.stringify(value)}`,
  );

export const unreadable = (message: string): InvalidRequest =>
  new InvalidRequest(400, 400, `parsing body body from "" failed, because ${message}`);

/** Answers what was thrown as Alertmanager's API does: most errors are one text. */
export function answerAlertmanagerError(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const answer = (status: number, body: unknown): void =>
    void reply.code(status).type("application/json").send(JSON.stringify(body));
  if (error instanceof InvalidRequest) {
    answer(error.status, { code: error.code, message: error.message });
    return;
  }
  if (error instanceof FleetlightError) {
    if (error.retryable) void reply.header("retry-after", "2");
    if (error.status === 401) void reply.header("www-authenticate", 'Bearer realm="fleetlight"');
    answer(error.status, error.message);
    return;
  }
  const status = (error as FastifyError).statusCode ?? 500;
  if (status < 500) {
    answer(status, error.message);
    return;
  }
  request.log.error({ err: error }, "a request failed");
  answer(500, "the server failed to answer; its log says why");
}
