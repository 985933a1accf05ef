import type { Socket } from "node:net";
import type { Writable } from "node:stream";

import type { ErrorBody } from "@fleetlight/contract";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";

import { FleetlightError, type ErrorDetail } from "#lib";

import { unsupportedMediaType } from "./bodies.ts";

const CODES_BY_STATUS: Record<number, string> = {
  400: "bad_request",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  413: "body_too_large",
  414: "bad_request",
  415: "unsupported_media_type",
  429: "rate_limited",
};

/** An error as every door answers it. */
export const errorBody = (
  code: string,
  message: string,
  details?: readonly ErrorDetail[],
): ErrorBody => ({
  error: { code, message, ...(details === undefined ? {} : { details: [...details] }) },
});

const partsOf = (pointer: string): string[] => pointer.split("/").filter((part) => part !== "");

const valueAt = (root: unknown, parts: readonly string[]): unknown =>
  parts.reduce<unknown>(
    (value, part) => (value as Record<string, unknown> | null | undefined)?.[part],
    root,
  );

interface Issue {
  instancePath: string;
  message?: string;
  params?: Record<string, unknown>;
}

/** Zod's sentence as people would say it: `is required`, `expected number, received string`. */
function reasonOf(issue: Issue, input: unknown): string {
  // A wrong key of a record carries its reason one level below.
  const [inner] = (issue.params?.issues ?? []) as { message?: string }[];
  const text = inner?.message ?? issue.message ?? "is not valid";
  const isMissing = valueAt(input, partsOf(issue.instancePath)) === undefined;
  if (isMissing && text.startsWith("Invalid")) return "is required";
  const tidy = text.replace(/^Invalid (?:input|string|option): /, "");
  return tidy.charAt(0).toLowerCase() + tidy.slice(1);
}

function validationBody(error: FastifyError, request: FastifyRequest): ErrorBody {
  const issues: Issue[] = hasZodFastifySchemaValidationErrors(error) ? error.validation : [];
  const part = (error.validationContext ?? "body") as "body" | "params";
  const input = error.validationContext === "querystring" ? request.query : request[part];
  if (part === "body" && (input === undefined || input === null))
    return errorBody("bad_request", "the body is empty; send a JSON object", []);
  const details = issues.map((issue) => ({
    path: partsOf(issue.instancePath).join("."),
    message: reasonOf(issue, input),
  }));
  const [first] = details;
  const where = first === undefined || first.path === "" ? "the request" : `\`${first.path}\``;
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : "";
  return errorBody("bad_request", `${where}: ${first?.message ?? error.message}${more}`, details);
}

/** What Fastify's own errors mean to a client, where their message does not help. */
function translate(error: FastifyError, request: FastifyRequest): Error {
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return unsupportedMediaType();
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    const { bodyLimit: limit, config } = request.routeOptions;
    const key = config.isIngest === true ? "ingest.max_body_bytes" : "server.body_limit_bytes";
    return new FleetlightError(
      "body_too_large",
      413,
      `the body is larger than ${limit} bytes (${key})`,
    );
  }
  return error;
}

function answerError(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const error = translate(thrown, request);
  if (error instanceof FleetlightError) {
    if (error.retryable) void reply.header("retry-after", "2");
    if (error.status === 401) void reply.header("www-authenticate", 'Bearer realm="fleetlight"');
    if (error.status >= 500) request.log.warn({ code: error.code }, error.message);
    return reply.code(error.status).send(errorBody(error.code, error.message, error.details));
  }
  if (thrown.validation !== undefined) return reply.code(400).send(validationBody(thrown, request));
  const status = thrown.statusCode ?? 500;
  if (status >= 500) {
    request.log.error({ err: thrown }, "a request failed");
    return reply
      .code(500)
      .send(errorBody("internal", "the server failed to answer; its log says why"));
  }
  return reply
    .code(status)
    .send(errorBody(CODES_BY_STATUS[status] ?? "bad_request", thrown.message || "not allowed"));
}

/** The one place where what was thrown becomes an answer. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(
        errorBody("not_found", `there is no ${request.method} ${request.url.split("?")[0] ?? ""}`),
      ),
  );
}

/** Answers a request whose URL no route could be looked up for. */
export function answerUnreadable(
  error: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  void reply
    .code(error.statusCode ?? 400)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(errorBody("bad_request", error.message)));
}

/** Answers on a raw connection, where there is no request that Fastify could answer. */
export function answerRaw(socket: Writable, status: number, text: string, body: ErrorBody): void {
  const json = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}

/** What Node's parser refuses, by its code. */
const MALFORMED: Record<string, [status: number, text: string, message: string]> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large", "the headers are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "the request did not arrive in time"],
};

/** Answers what is not HTTP, or came too slowly. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) return;
  const [status, text, message] = MALFORMED[error.code ?? ""] ?? [
    400,
    "Bad Request",
    "this is not an HTTP request",
  ];
  answerRaw(socket, status, text, errorBody("bad_request", message));
}
