import type { ErrorBody } from "@fleetlight/contract";

import { readToken, reportRefused } from "./token.ts";

/** A request that the server refused, or that never reached it (`status` 0, `code` `unreachable`). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: { path: string; message: string }[];

  constructor(status: number, code: string, message: string, details: ApiError["details"] = []) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.details = details;
  }

  /** What went wrong with one field of a form, or undefined. */
  field(path: string): string | undefined {
    return this.details.find((detail) => detail.path === path)?.message;
  }
}

/** A request is given up after this long, so that a page never waits for ever. */
const REQUEST_TIMEOUT_MS = 30_000;

const failureOf = async (answer: Response): Promise<ApiError> => {
  const body = (await answer.json().catch(() => null)) as
    | ErrorBody
    | { message: string }
    | string
    | null;
  if (typeof body !== "object" || body === null || !("error" in body)) {
    // Alertmanager's part of the API says what is wrong in one text, or in one under `message`.
    const said = typeof body === "string" ? body : body?.message;
    const message = said ?? `the server answered ${answer.status}`;
    return new ApiError(answer.status, "http_error", message);
  }
  return new ApiError(answer.status, body.error.code, body.error.message, body.error.details);
};

const send = async (method: string, path: string, signal?: AbortSignal, body?: unknown) => {
  const token = readToken();
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token !== null) headers["Authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const init: RequestInit = {
    method,
    headers,
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  };
  if (body !== undefined) init.body = JSON.stringify(body);
  try {
    return await fetch(path, init);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, "unreachable", "the server does not answer");
  }
};

const answered = async (
  method: string,
  path: string,
  { signal, body }: { body?: unknown; signal?: AbortSignal },
): Promise<Response> => {
  const answer = await send(method, path, signal, body);
  if (answer.status === 401) reportRefused();
  if (!answer.ok) throw await failureOf(answer);
  return answer;
};

/** Asks for something that is no text. */
export const getBytes = async (path: string, signal: AbortSignal): Promise<ArrayBuffer> =>
  (await answered("GET", path, { signal })).arrayBuffer();

/**
 * Asks the server. The answer's type is taken from the contract without parsing it again: server and console are
 * built together, and a second copy of every schema would double what a browser has to load.
 */
export const request = async <T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  options: { body?: unknown; signal?: AbortSignal } = {},
): Promise<T> => {
  const answer = await answered(method, path, options);
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
};

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  request<T>("GET", path, signal === undefined ? {} : { signal });
