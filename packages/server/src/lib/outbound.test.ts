import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import { setImmediate } from "node:timers/promises";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { FleetlightError } from "./errors.ts";
import type { Resolve } from "./outbound-lookup.ts";
import { checkUrlLiteral, createOutbound, type Outbound } from "./outbound.ts";

const POLICY = { allowLinkLocal: false, allowAddresses: [] };
const LIMITS = { timeoutMs: 2000, maxBodyBytes: 64 * 1024 };

let outbound: Outbound;
let servers: { server: Server; sockets: Set<Socket> }[] = [];

async function listen<Listening extends Server>(server: Listening, host = "127.0.0.1") {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  server.listen(0, host);
  await once(server, "listening");
  servers.push({ server, sockets });
  const { port } = server.address() as AddressInfo;
  return { server, sockets, port, url: `http://127.0.0.1:${port}` };
}

const serve = (listener: RequestListener) =>
  listen(createServer({ keepAliveTimeout: 60_000 }, listener));

const echo = (request: IncomingMessage, response: ServerResponse): void => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { method, url, headers } = request;
    response.setHeader("x-many", ["a", "b"]);
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  });
};

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string | undefined>;
  body: string;
}
const echoOf = (body: Buffer): Echo => JSON.parse(body.toString()) as Echo;

async function failure(promise: Promise<unknown>): Promise<FleetlightError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof FleetlightError) return error;
    throw error;
  }
  throw new Error("expected a failure");
}

beforeEach(() => {
  outbound = createOutbound(POLICY);
});

afterEach(async () => {
  await outbound.close();
  for (const { server, sockets } of servers) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
  servers = [];
});

describe("a request", () => {
  it("brings status, headers, body and duration", async () => {
    const { url } = await serve((request, response) => {
      response.statusCode = 418;
      echo(request, response);
    });
    const answer = await outbound.request(`${url}/a?b=c#d`, {
      ...LIMITS,
      method: "POST",
      headers: { "X-Own": "1" },
      body: "hello",
    });
    expect(answer.status).toBe(418);
    expect(answer.headers["x-many"]).toBe("a, b");
    expect(answer.durationMs).toBeGreaterThan(0);
    const seen = echoOf(answer.body);
    expect(seen).toMatchObject({ method: "POST", url: "/a?b=c", body: "hello" });
    expect(seen.headers).toMatchObject({ "x-own": "1", "accept-encoding": "gzip, deflate, br" });
  });

  it("turns credentials of the URL into basic authentication", async () => {
    const { port } = await serve(echo);
    const answer = await outbound.request(`http://ann:p%40ss@127.0.0.1:${port}/`, LIMITS);
    const { authorization } = echoOf(answer.body).headers;
    expect(authorization).toBe(`Basic ${Buffer.from("ann:p@ss").toString("base64")}`);
  });

  it("never names credentials, path or query in an error", async () => {
    const error = await failure(
      outbound.request("http://ann:secret@127.0.0.1:1/path?token=hidden", LIMITS),
    );
    expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toMatch(
      /secret|ann|path|hidden/,
    );
  });

  it("uses a connection again, and closes what a former policy opened", async () => {
    const { url, sockets } = await serve((_request, response) => response.end("ok"));
    for (let index = 0; index < 10; index++) {
      await outbound.request(url, LIMITS);
      await setImmediate();
    }
    expect(outbound.stats()).toMatchObject({ requests: 10, connections: 1, openConnections: 1 });
    outbound.reconfigure(POLICY);
    await outbound.request(url, LIMITS);
    expect(outbound.stats().connections).toBe(2);
    await expect.poll(() => sockets.size).toBe(1);
    expect(outbound.stats().openConnections).toBe(1);
  });

  it("asks once more when a kept connection was closed meanwhile, and only then", async () => {
    let asked = 0;
    const { url } = await serve((request, response) => {
      asked++;
      if (asked === 2) request.socket.destroy();
      else response.end("ok");
    });
    await outbound.request(url, LIMITS);
    await setImmediate();
    expect((await outbound.request(url, LIMITS)).body.toString()).toBe("ok");
    expect(asked).toBe(3);

    let posts = 0;
    const other = await serve((request, response) => {
      posts++;
      if (posts === 2) request.socket.destroy();
      else response.end("ok");
    });
    await outbound.request(other.url, { ...LIMITS, method: "POST" });
    await setImmediate();
    const error = await failure(outbound.request(other.url, { ...LIMITS, method: "POST" }));
    expect(error.code).toBe("outbound_failed");
    expect(posts).toBe(2);
  });

  it("keeps a connection for as long as the other side does, whatever it means to do", async () => {
    const { url } = await serve((_request, response) => {
      response.setHeader("keep-alive", "timeout=1").end("ok");
    });
    for (let index = 0; index < 3; index++) {
      await outbound.request(url, LIMITS);
      await setImmediate();
    }
    expect(outbound.stats().connections).toBe(1);
  });

  it("waits for a place when an origin has all the connections that it may", async () => {
    let atOnce = 0;
    const { url, sockets } = await serve((_request, response) => {
      atOnce++;
      setTimeout(() => {
        response.end(String(atOnce));
        atOnce--;
      }, 20);
    });
    const asking = Array.from({ length: 100 }, () => outbound.request(url, LIMITS));
    const answers = await Promise.all(asking);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
    expect(Math.max(...answers.map(({ body }) => Number(body)))).toBeLessThanOrEqual(32);
    expect(sockets.size).toBeLessThanOrEqual(32);
  });

  it("reads an answer that ends with its connection, and asks on a new one after it", async () => {
    const { url } = await listen(
      createTcpServer((socket) =>
        socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\nok")),
      ),
    );
    for (let index = 0; index < 2; index++)
      expect((await outbound.request(url, LIMITS)).body.toString()).toBe("ok");
    expect(outbound.stats().connections).toBe(2);
  });

  it("takes nothing for an answer that came before the question", async () => {
    const ok = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const { url } = await listen(
      createTcpServer((socket) => {
        socket.once("data", () => {
          socket.write(ok("mine"));
          setTimeout(() => socket.write(ok("forged")), 20);
        });
      }),
    );
    expect((await outbound.request(url, LIMITS)).body.toString()).toBe("mine");
    await expect.poll(() => outbound.stats().openConnections).toBe(0);
    expect((await outbound.request(url, LIMITS)).body.toString()).toBe("mine");
  });

  it("sends no header with a line break", async () => {
    const { url } = await serve(echo);
    const headers = { "x-a": "b\r\nx-forged: 1" };
    expect((await failure(outbound.request(url, { ...LIMITS, headers }))).code).toBe(
      "outbound_failed",
    );
  });

  it("can be cancelled", async () => {
    const { url } = await serve(() => undefined);
    const controller = new AbortController();
    const asking = failure(outbound.request(url, { ...LIMITS, signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    expect((await asking).message).toContain("cancelled");
    const late = await failure(outbound.request(url, { ...LIMITS, signal: controller.signal }));
    expect(late.message).toContain("cancelled");
  });
});

describe("a failure", () => {
  it("of a closed port is outbound_refused and names the address", async () => {
    const { server, port } = await listen(createTcpServer());
    server.close();
    await once(server, "close");
    const error = await failure(outbound.request(`http://127.0.0.1:${port}/`, LIMITS));
    expect(error.code).toBe("outbound_refused");
    expect(error.message).toBe(`connection refused by 127.0.0.1:${port}`);
    expect(error.retryable).toBe(true);
    expect(outbound.stats().failures.get("outbound_refused")).toBe(1);
  });

  it("of a hanging server is outbound_timeout, whether it hangs before or in its answer", async () => {
    const hanging = await serve(() => undefined);
    const slow = await serve((_request, response) => {
      response.write("a");
    });
    for (const { url } of [hanging, slow]) {
      const started = performance.now();
      const error = await failure(outbound.request(url, { ...LIMITS, timeoutMs: 100 }));
      expect(error.code).toBe("outbound_timeout");
      expect(error.message).toMatch(/within 100 ms$/);
      expect(performance.now() - started).toBeLessThan(20_000);
    }
  });

  it("of a look-up that never ends is outbound_timeout", async () => {
    const silent = createOutbound(POLICY, { resolve: () => undefined });
    const error = await failure(
      silent.request("http://silent.test/", { ...LIMITS, timeoutMs: 50 }),
    );
    expect(error.code).toBe("outbound_timeout");
    await silent.close();
  });

  it("of an unknown name is outbound_dns", async () => {
    const unknown: Resolve = (_name, callback) =>
      callback(Object.assign(new Error("no"), { code: "ENOTFOUND" }), []);
    const client = createOutbound(POLICY, { resolve: unknown });
    const error = await failure(client.request("http://nowhere.invalid:8080/", LIMITS));
    expect(error).toMatchObject({
      code: "outbound_dns",
      message: "no address for nowhere.invalid",
    });
    await client.close();
  });

  it("of a reset connection says so", async () => {
    const { url } = await listen(
      createTcpServer((socket) => socket.once("data", () => socket.resetAndDestroy())),
    );
    const error = await failure(outbound.request(url, LIMITS));
    expect(error.code).toBe("outbound_failed");
    expect(error.message).toContain("closed the connection");
  });

  it("of something that speaks no HTTP says so", async () => {
    const { url } = await listen(
      createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH_9.7\r\n\r\n")),
    );
    const error = await failure(outbound.request(url, LIMITS));
    expect(error.message).toMatch(/does not answer in valid HTTP|closed the connection/);
  });

  it("of HTTPS against a plain server is outbound_tls", async () => {
    const { port } = await serve(echo);
    const error = await failure(outbound.request(`https://127.0.0.1:${port}/`, LIMITS));
    expect(error.code).toBe("outbound_tls");
  });

  it.each(["ftp://127.0.0.1/", "file:///etc/passwd", "nonsense"])(
    "of %s is bad_request",
    async (url) => {
      expect((await failure(outbound.request(url, LIMITS))).code).toBe("bad_request");
    },
  );
});

describe("addresses", () => {
  it.each([
    "http://169.254.169.254/latest/meta-data",
    "http://2852039166/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://0251.0376.0251.0376/",
    "http://169.254.43518/",
    "http://169.254.169.254./",
    "http://[::ffff:169.254.169.254]/",
    "http://[fd00:ec2::254]/",
    "http://0.0.0.0:80/",
    "http://[::]/",
    "https://169.254.169.254/",
  ])("refuses %s as it is written and when it is asked", async (url) => {
    expect(() => checkUrlLiteral(url, POLICY)).toThrow(FleetlightError);
    const error = await failure(outbound.request(url, LIMITS));
    expect(error).toMatchObject({ code: "outbound_blocked", status: 400, retryable: false });
    expect(error.details?.[0]?.path).toBe("url");
  });

  it("leaves names and private addresses to the connection", () => {
    for (const url of ["http://metadata.internal/", "http://127.0.0.1:8001", "http://[::1]/"]) {
      expect(() => checkUrlLiteral(url, POLICY)).not.toThrow();
    }
    const open = { ...POLICY, allowAddresses: ["169.254.169.254"] };
    expect(() => checkUrlLiteral("http://169.254.169.254/", open)).not.toThrow();
  });

  it("refuses a name by what it resolves to, and connects to allowed addresses only", async () => {
    const { port } = await serve((_request, response) => response.end("ok"));
    const names: Record<string, { address: string; family: number }[]> = {
      "metadata.test": [{ address: "169.254.169.254", family: 4 }],
      "mixed.test": [
        { address: "fe80::1", family: 6 },
        { address: "127.0.0.1", family: 4 },
      ],
      "empty.test": [],
    };
    const client = createOutbound(POLICY, {
      resolve: (name, callback) => callback(null, names[name] ?? []),
    });
    const error = await failure(client.request(`http://metadata.test:${port}/`, LIMITS));
    expect(error.code).toBe("outbound_blocked");
    expect(error.message).toContain(
      "metadata.test resolves to 169.254.169.254, a link-local address",
    );
    expect((await client.request(`http://mixed.test:${port}/`, LIMITS)).status).toBe(200);
    expect((await failure(client.request("http://empty.test/", LIMITS))).code).toBe("outbound_dns");
    await client.close();
  });

  it("checks the address anew when a name moves (DNS rebinding)", async () => {
    const { port, sockets } = await serve((_request, response) => {
      response.setHeader("connection", "close");
      response.end("ok");
    });
    let clock = 0;
    let lookups = 0;
    const client = createOutbound(POLICY, {
      monotonicMs: () => clock,
      resolve: (_name, callback) => {
        const address = lookups++ === 0 ? "127.0.0.1" : "169.254.169.254";
        callback(null, [{ address, family: 4 }]);
      },
    });
    const url = `http://moving.test:${port}/`;
    expect((await client.request(url, LIMITS)).status).toBe(200);
    await expect.poll(() => sockets.size).toBe(0);
    expect((await client.request(url, LIMITS)).status).toBe(200);
    expect(lookups).toBe(1);
    clock += 11_000;
    await expect.poll(() => sockets.size).toBe(0);
    expect((await failure(client.request(url, LIMITS))).code).toBe("outbound_blocked");
    expect(lookups).toBe(2);
    await client.close();
  });

  it("obeys a policy that is changed while it runs", async () => {
    const { port } = await serve((_request, response) => response.end("ok"));
    const url = `http://0.0.0.0:${port}/`;
    expect((await failure(outbound.request(url, LIMITS))).code).toBe("outbound_blocked");
    outbound.reconfigure({ allowLinkLocal: false, allowAddresses: ["0.0.0.0"] });
    expect((await outbound.request(url, LIMITS)).status).toBe(200);
    outbound.reconfigure(POLICY);
    expect((await failure(outbound.request(url, LIMITS))).code).toBe("outbound_blocked");
  });
});

describe("redirects", () => {
  it("are followed only when asked for, at most five times", async () => {
    const { url } = await serve((request, response) => {
      const step = Number(new URL(request.url ?? "", "http://x").pathname.slice(1));
      if (step === 0) response.end("there");
      else response.writeHead(302, { location: `/${step - 1}` }).end();
    });
    expect((await outbound.request(`${url}/1`, LIMITS)).status).toBe(302);
    const follow = { ...LIMITS, followRedirects: true };
    expect((await outbound.request(`${url}/5`, follow)).body.toString()).toBe("there");
    expect((await failure(outbound.request(`${url}/6`, follow))).message).toContain("more than 5");
  });

  it.each(["http://169.254.169.254/latest", "//169.254.169.254/", "http://[fd00:ec2::254]/"])(
    "into %s are refused",
    async (location) => {
      const { url } = await serve((_request, response) =>
        response.writeHead(307, { location }).end(),
      );
      const error = await failure(outbound.request(url, { ...LIMITS, followRedirects: true }));
      expect(error.code).toBe("outbound_blocked");
    },
  );

  it("to other protocols fail", async () => {
    const { url } = await serve((_request, response) =>
      response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    const error = await failure(outbound.request(url, { ...LIMITS, followRedirects: true }));
    expect(error.code).toBe("outbound_failed");
  });

  it("keep secrets within their origin and keep other headers", async () => {
    const target = await serve(echo);
    const origin = await serve((request, response) => {
      if (request.url === "/stay") response.writeHead(307, { location: "/here" }).end();
      else if (request.url === "/leave")
        response.writeHead(307, { location: `${target.url}/there` }).end();
      else echo(request, response);
    });
    const options = {
      ...LIMITS,
      followRedirects: true,
      headers: { Authorization: "Bearer x", Cookie: "a=b", Accept: "text/plain" },
    };
    const stayed = echoOf((await outbound.request(`${origin.url}/stay`, options)).body);
    expect(stayed.headers).toMatchObject({ authorization: "Bearer x", cookie: "a=b" });
    const left = echoOf((await outbound.request(`${origin.url}/leave`, options)).body);
    expect(left.headers["authorization"]).toBeUndefined();
    expect(left.headers["cookie"]).toBeUndefined();
    expect(left.headers["accept"]).toBe("text/plain");
    const withUser = origin.url.replace("//", "//ann:secret@");
    const dropped = echoOf((await outbound.request(`${withUser}/leave`, options)).body);
    expect(dropped.headers["authorization"]).toBeUndefined();
  });

  it("turn a POST into a GET as browsers do, unless it must stay", async () => {
    const { url } = await serve((request, response) => {
      const status = Number(request.url?.slice(1));
      if (status > 0) response.writeHead(status, { location: "/" }).end();
      else echo(request, response);
    });
    const options = {
      ...LIMITS,
      followRedirects: true,
      method: "POST" as const,
      body: "x",
      headers: { "content-type": "text/plain" },
    };
    for (const status of [301, 302, 303]) {
      const seen = echoOf((await outbound.request(`${url}/${status}`, options)).body);
      expect(seen).toMatchObject({ method: "GET", body: "" });
      expect(seen.headers["content-type"]).toBeUndefined();
    }
    for (const status of [307, 308]) {
      const seen = echoOf((await outbound.request(`${url}/${status}`, options)).body);
      expect(seen).toMatchObject({ method: "POST", body: "x" });
    }
  });
});

describe("bodies", () => {
  const text = Buffer.from("metric 1\n".repeat(5000));
  const encoded = {
    gzip: gzipSync(text),
    deflate: deflateSync(text),
    "raw deflate": deflateRawSync(text),
    br: brotliCompressSync(text),
  };

  const serveBody = (body: Buffer, encoding?: string) =>
    serve((_request, response) => {
      if (encoding) response.setHeader("content-encoding", encoding);
      response.end(body);
    });

  it.each(Object.entries(encoded))("in %s are decoded", async (name, body) => {
    const { url } = await serveBody(body, name.split(" ").at(-1));
    const answer = await outbound.request(url, LIMITS);
    expect(answer.body.equals(text)).toBe(true);
  });

  it.each(Object.entries(encoded))(
    "in %s are cut to their beginning on demand",
    async (name, body) => {
      const { url } = await serveBody(body, name.split(" ").at(-1));
      const answer = await outbound.request(url, {
        ...LIMITS,
        maxBodyBytes: 30,
        truncateBody: true,
      });
      expect(answer.body.length).toBeLessThanOrEqual(30);
      expect(text.subarray(0, answer.body.length).equals(answer.body)).toBe(true);
    },
  );

  it("are limited as they are sent, announced or not", async () => {
    const announced = await serveBody(Buffer.alloc(70_000));
    const streamed = await serve((_request, response) => {
      response.write(Buffer.alloc(40_000));
      response.end(Buffer.alloc(40_000));
    });
    for (const { url } of [announced, streamed]) {
      const error = await failure(outbound.request(url, LIMITS));
      expect(error.code).toBe("outbound_too_large");
      const cut = await outbound.request(url, {
        ...LIMITS,
        maxBodyBytes: 50_000,
        truncateBody: true,
      });
      expect(cut.body.length).toBe(50_000);
    }
  });

  it("of exactly the limit pass", async () => {
    const { url } = await serveBody(Buffer.alloc(LIMITS.maxBodyBytes));
    expect((await outbound.request(url, LIMITS)).body.length).toBe(LIMITS.maxBodyBytes);
  });

  it("stop being read when they never end", async () => {
    const { url, sockets } = await serve((_request, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", more);
      more();
    });
    expect((await failure(outbound.request(url, LIMITS))).code).toBe("outbound_too_large");
    await expect.poll(() => sockets.size).toBe(0);
  });

  it.each([
    ["small", 8 * 1024 * 1024],
    ["large", 64 * 1024 * 1024],
  ])("that unfold beyond the limit fail: %s bomb", async (_name, size) => {
    const { url } = await serveBody(gzipSync(Buffer.alloc(size)), "gzip");
    for (const maxBodyBytes of [200_000, 4 * 1024 * 1024]) {
      const error = await failure(outbound.request(url, { ...LIMITS, maxBodyBytes }));
      expect(error).toMatchObject({ code: "outbound_too_large" });
    }
  });

  it("that are damaged or in unknown encodings fail", async () => {
    const damaged = await serveBody(Buffer.from("no gzip at all"), "gzip");
    const unknown = await serveBody(Buffer.from("x"), "zstd");
    expect((await failure(outbound.request(damaged.url, LIMITS))).message).toContain("damaged");
    expect((await failure(outbound.request(unknown.url, LIMITS))).message).toContain(
      "unknown encoding",
    );
  });

  it("are absent in an answer to HEAD", async () => {
    const { url } = await serveBody(Buffer.alloc(10));
    const answer = await outbound.request(url, { ...LIMITS, method: "HEAD" });
    expect(answer.body.length).toBe(0);
  });
});
