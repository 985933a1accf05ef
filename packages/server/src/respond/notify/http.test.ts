import { FleetlightError, badRequest } from "#lib";
import { describe, expect, it } from "vitest";

import {
  hideSecrets,
  judgeAnswer,
  judgeError,
  post,
  quoteAnswer,
  retryAfterMs,
  urlTarget,
} from "./http.ts";

const nowMs = Date.UTC(2026, 10, 21, 7, 28);

const answer = (status: number, text = "", headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: Buffer.from(text),
  durationMs: 1,
});

describe("retryAfterMs", () => {
  it.each<[string | undefined, number | null]>([
    [undefined, null],
    ["120", 120_000],
    [" 3 ", 3000],
    ["0", 0],
    ["Sat, 21 Nov 2026 07:29:00 GMT", 60_000],
    ["Sat, 21 Nov 2026 07:00:00 GMT", 0],
    ["soon", null],
    ["-5", null],
    ["99999999999999999999", null],
  ])("reads %j as %j", (header, expected) => {
    expect(retryAfterMs(header, nowMs)).toBe(expected);
  });
});

describe("judgeAnswer", () => {
  it.each([
    [200, true, null],
    [204, true, null],
    [302, false, false],
    [400, false, false],
    [404, false, false],
    [408, false, true],
    [425, false, true],
    [429, false, true],
    [500, false, true],
    [503, false, true],
  ])("%d: ok %j, worth another attempt %j", (status, ok, retryable) => {
    const result = judgeAnswer(answer(status), nowMs);
    expect(result.ok).toBe(ok);
    expect(result.ok ? null : result.retryable).toBe(retryable);
  });

  it("quotes the answer on one line and takes Retry-After along", () => {
    expect(
      judgeAnswer(answer(429, "too\r\nmany\u001b[31m", { "retry-after": "7" }), nowMs),
    ).toEqual({
      ok: false,
      statusCode: 429,
      error: "answered 429: too many [31m",
      retryable: true,
      retryAfterMs: 7000,
    });
  });

  it("knows what a service calls temporary, and what its body says", () => {
    const result = judgeAnswer(answer(403, '{"error":"rate"}'), nowMs, {
      transient: new Set([403]),
      explain: ({ body }) => (JSON.parse(body.toString()) as { error: string }).error,
    });
    expect(result).toMatchObject({ retryable: true, error: "answered 403: rate" });
  });
});

describe("judgeError", () => {
  it.each<[unknown, boolean]>([
    [new FleetlightError("outbound_refused", 502, "nobody listens"), true],
    [new FleetlightError("outbound_blocked", 400, "not there"), false],
    [badRequest("no URL"), false],
    [new Error("anything"), true],
  ])("%s is worth another attempt: %j", (error, retryable) => {
    expect(judgeError(error)).toMatchObject({ ok: false, retryable });
  });
});

describe("post", () => {
  it("never rejects, and shows no secret of what went wrong", async () => {
    const client = {
      request: () => Promise.reject(new Error("connect to https://x/hunter22 failed")),
    };
    const result = await post(client, "https://x/hunter22", {
      timeoutMs: 10,
      signal: new AbortController().signal,
      nowMs: () => nowMs,
      secrets: ["hunter22", undefined],
    });
    expect(result).toMatchObject({ ok: false, error: "connect to https://x/<secret> failed" });
  });

  it("lets a channel read a success more closely", async () => {
    const client = { request: () => Promise.resolve(answer(200, "no_team")) };
    const result = await post(client, "https://x", {
      timeoutMs: 10,
      signal: new AbortController().signal,
      nowMs: () => nowMs,
      accept: ({ body }) =>
        body.toString() === "ok"
          ? undefined
          : {
              ok: false,
              statusCode: 200,
              error: quoteAnswer(body),
              retryable: false,
              retryAfterMs: null,
            },
    });
    expect(result).toMatchObject({ ok: false, error: "no_team" });
  });
});

it("shows neither user nor query of a URL", () => {
  expect(urlTarget("https://u:p@hooks.example/a/b?token=x")).toBe("hooks.example/a/b");
  expect(urlTarget("?")).toBe("a URL that cannot be read");
});

it("leaves short texts alone when it hides secrets: they are everywhere", () => {
  expect(hideSecrets("answered 500: abc", ["abc", "500: "])).toBe("answered <secret>abc");
});
