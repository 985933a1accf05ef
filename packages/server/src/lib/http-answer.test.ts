import { describe, expect, it } from "vitest";

import { HttpAnswer, HttpAnswerError } from "./http-answer.ts";

const LIMIT = 64 * 1024;

/** Feeds an answer in pieces of that many bytes, all in the same memory as a connection does. */
function read(
  text: string,
  pieceBytes: number,
  limit = LIMIT,
): { answer: HttpAnswer; complete: boolean } {
  const bytes = Buffer.from(text, "latin1");
  const room = Buffer.alloc(pieceBytes);
  const answer = new HttpAnswer(limit);
  let complete = false;
  for (let at = 0; at < bytes.length && !complete; at += pieceBytes) {
    const length = bytes.copy(room, 0, at, at + pieceBytes);
    complete = answer.read(room, length);
  }
  return { answer, complete };
}

const OK = "HTTP/1.1 200 OK\r\n";
const PIECES = [1, 2, 3, 7, 4096];

const complete = [
  ["a counted body", `${OK}Content-Length: 5\r\n\r\nhello`, "hello", true],
  ["the same length twice", `${OK}Content-Length: 5, 5\r\n\r\nhello`, "hello", true],
  ["no body at all", `${OK}Content-Length: 0\r\n\r\n`, "", true],
  ["nothing to say", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "", true],
  [
    "chunks",
    `${OK}Transfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2;x="y"\r\nlo\r\n0\r\n\r\n`,
    "hello",
    true,
  ],
  [
    "trailers",
    `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`,
    "hello",
    true,
  ],
  ["lines without a carriage return", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "hello", true],
  [
    "a provisional answer before",
    `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 5\r\n\r\nhello`,
    "hello",
    true,
  ],
  [
    "a connection that is closed",
    `${OK}Connection: Close\r\nContent-Length: 5\r\n\r\nhello`,
    "hello",
    false,
  ],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", false],
  [
    "HTTP/1.0 that stays",
    "HTTP/1.0 200 OK\r\nConnection: x, keep-alive\r\nContent-Length: 5\r\n\r\nhello",
    "hello",
    true,
  ],
  [
    "two lengths at once",
    `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    "hello",
    false,
  ],
] as const;

const broken = [
  ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n"],
  ["HTTP/2 without a question", "HTTP/2 200 OK\r\n\r\n"],
  ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
  ["a header without a colon", `${OK}nothing\r\n\r\n`],
  ["a folded header", `${OK}X-A: b\r\n  c: d\r\n\r\n`],
  ["a blank before the colon", `${OK}Content-Length : 5\r\n\r\nhello`],
  ["a zero byte in a header", `${OK}X-A: b\0\r\n\r\n`],
  ["a length that is no number", `${OK}Content-Length: +5\r\n\r\nhello`],
  ["lengths that differ", `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
  ["an unknown transfer encoding", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  ["a chunk without a length", `${OK}Transfer-Encoding: chunked\r\n\r\nhello\r\n`],
  ["a negative chunk", `${OK}Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n`],
  ["a chunk that goes on", `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n`],
  ["a length without an end", `${OK}Transfer-Encoding: chunked\r\n\r\n${"0".repeat(2000)}`],
] as const;

describe("an answer with", () => {
  it.each(complete)("%s is read, in whatever pieces it comes", (_, text, body, keepsOpen) => {
    for (const pieceBytes of PIECES) {
      const { answer, complete: isComplete } = read(text, pieceBytes);
      expect([isComplete, answer.body.toString(), answer.keepsOpen]).toEqual([
        true,
        body,
        keepsOpen,
      ]);
    }
  });

  it.each(broken)("%s is refused, in whatever pieces it comes", (_, text) => {
    for (const pieceBytes of PIECES)
      expect(() => read(text, pieceBytes)).toThrow(expect.objectContaining({ reason: "invalid" }));
  });

  it("no length is read until the connection ends", () => {
    const { answer, complete: isComplete } = read(`${OK}X-A: 1\r\n\r\nhello`, 4);
    expect([isComplete, answer.end(), answer.body.toString(), answer.keepsOpen]).toEqual([
      false,
      true,
      "hello",
      false,
    ]);
  });

  it.each([
    `${OK}Content-Length: 9\r\n\r\nhello`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    `${OK}Content-Length: 9\r\n`,
    "HTTP/1.1 100 Continue\r\n\r\n",
  ])("an end before its end is not complete: %j", (text) => {
    const { answer, complete: isComplete } = read(text, 6);
    expect([isComplete, answer.end()]).toEqual([false, false]);
  });

  it("headers keeps their names in lower case and joins what comes twice", () => {
    const text = `${OK}X-Many: a\r\nX-MANY:\tb \r\nContent-Length: 0\r\n\r\n`;
    const { answer } = read(text, 4096);
    expect(answer.headers).toEqual({ "x-many": "a, b", "content-length": "0" });
    expect(answer.status).toBe(200);
  });

  it("more than was asked for does not keep its connection", () => {
    const { answer } = read(`${OK}Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK`, 4096);
    expect([answer.body.toString(), answer.keepsOpen]).toEqual(["hello", false]);
  });
});

describe("the size", () => {
  const bodies = (bytes: number) => [
    `${OK}Content-Length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n0\r\n\r\n`,
  ];

  it.each(bodies(1000))("of a body may reach the limit, not more", (text) => {
    expect(read(text, 100, 1000).answer.body.toString()).toBe("x".repeat(1000));
    expect(() => read(text, 100, 999)).toThrow(HttpAnswerError);
  });

  it("of a body without a length is limited, too", () => {
    expect(() => read(`${OK}\r\n${"x".repeat(1000)}`, 100, 999)).toThrow("body too large");
  });

  it("that is announced is not allocated before it comes", () => {
    const { answer } = read(`${OK}Content-Length: 1000000000\r\n\r\nx`, 100, 2e9);
    expect(answer.body.buffer.byteLength).toBeLessThan(1_000_000);
  });

  it.each([
    `${OK}${"X-A: b\r\n".repeat(3000)}`,
    `${OK}X-A: ${"b".repeat(20_000)}\r\n\r\n`,
    `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${"X-A: b\r\n".repeat(3000)}`,
  ])("of head and trailers is limited", (text) => {
    for (const pieceBytes of [100, 100_000])
      expect(() => read(text, pieceBytes)).toThrow("head too large");
  });
});
