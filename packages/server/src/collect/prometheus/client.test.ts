import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { createServer as createHttpServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { ConfigSchema, type HttpClientConfig } from "#config";
import { createOutbound } from "#lib";

import { JobClient } from "./client.ts";

const POLICY = { allowLinkLocal: false, allowAddresses: [] };
const REQUEST = { timeoutMs: 10_000, maxBodyBytes: 1024 };

/** Keys and certificates: one authority, a server named `target.test`, a client. */
function makeCertificates(directory: string): boolean {
  const run = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: directory, stdio: "ignore", timeout: 30_000 });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  try {
    run(
      "req",
      "-x509",
      ...key,
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      "-subj",
      "/CN=ca",
      "-days",
      "2",
    );
    for (const name of ["server", "client"]) {
      run("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      writeFileSync(join(directory, `${name}.ext`), `subjectAltName=DNS:target.test\n`);
      run(
        "x509",
        "-req",
        "-in",
        `${name}.csr`,
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-out",
        `${name}.pem`,
        "-days",
        "2",
        "-extfile",
        `${name}.ext`,
      );
    }
    return true;
  } catch {
    return false;
  }
}

const directory = mkdtempSync(join(tmpdir(), "fleetlight-client-"));
const hasOpenssl = makeCertificates(directory);
if (!hasOpenssl) {
  if (process.env["REQUIRE_PEERS"] === "1") throw new Error("openssl is not installed");
  console.warn(
    "SKIPPED: no openssl to make certificates with, so TLS of scrape jobs was not tried",
  );
}
const pem = (name: string): string => readFileSync(join(directory, name), "utf8");

let server: Server | undefined;
let port = 0;
const cleanups: (() => unknown)[] = [];
beforeAll(async () => {
  if (!hasOpenssl) return;
  server = createServer(
    {
      key: pem("server.key"),
      cert: pem("server.pem"),
      ca: pem("ca.pem"),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const { authorized } = request.socket as TLSSocket;
      response.end(authorized ? "known client" : "stranger");
    },
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
afterAll(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(directory, { recursive: true, force: true });
});

function clientOf(
  config: Record<string, unknown>,
  monotonicMs = () => performance.now(),
): JobClient {
  const parsed = ConfigSchema.parse({ scrape_configs: [{ job_name: "a", ...config }] });
  const shared = createOutbound(POLICY);
  const client = new JobClient(parsed.scrape_configs[0] as HttpClientConfig, {
    shared,
    policy: () => POLICY,
    monotonicMs,
  });
  cleanups.push(
    () => shared.close(),
    () => client.close(),
  );
  return client;
}

const ask = async (client: JobClient): Promise<string> =>
  (await client.request(`https://127.0.0.1:${port}/metrics`, REQUEST)).body.toString();

describe.skipIf(!hasOpenssl)("tls_config", () => {
  const trusting = { ca_file: join(directory, "ca.pem"), server_name: "target.test" };

  it("trusts what it names, under the name that it gives", async () => {
    expect(await ask(clientOf({ tls_config: trusting }))).toBe("stranger");
    expect(
      await ask(clientOf({ tls_config: { ...trusting, ca_file: undefined, ca: pem("ca.pem") } })),
    ).toBe("stranger");
  });

  it.each<[string, Record<string, unknown>]>([
    ["no authority", {}],
    ["another name", { tls_config: { ...trusting, server_name: "other.test" } }],
    ["no name", { tls_config: { ca_file: trusting.ca_file } }],
  ])("refuses a server with %s", async (_, config) => {
    await expect(ask(clientOf(config))).rejects.toMatchObject({ code: "outbound_tls" });
  });

  it("accepts anything with insecure_skip_verify", async () => {
    expect(await ask(clientOf({ tls_config: { insecure_skip_verify: true } }))).toBe("stranger");
  });

  it("shows who we are", async () => {
    const files = {
      cert_file: join(directory, "client.pem"),
      key_file: join(directory, "client.key"),
    };
    expect(await ask(clientOf({ tls_config: { ...trusting, ...files } }))).toBe("known client");
  });

  it("takes a new certificate into use without a reload", async () => {
    let nowMs = 0;
    const file = join(directory, "changing.pem");
    copyFileSync(join(directory, "client.pem"), file);
    const client = clientOf({ tls_config: { ...trusting, ca_file: file } }, () => nowMs);
    await expect(ask(client)).rejects.toMatchObject({ code: "outbound_tls" });
    copyFileSync(join(directory, "ca.pem"), file);
    nowMs = 61_000;
    expect(await ask(client)).toBe("stranger");
  });

  it("fails with the name of a file that is missing", async () => {
    const client = clientOf({ tls_config: { ca_file: join(directory, "no.pem") } });
    await expect(ask(client)).rejects.toThrow(/unable to read ca_file .*no\.pem/);
  });

  it("holds behind a proxy too", async () => {
    const tunnels: (string | undefined)[] = [];
    const proxy = createHttpServer().listen(0, "127.0.0.1");
    await once(proxy, "listening");
    proxy.on("connect", (request, socket) => {
      tunnels.push(request.url);
      const target = connect(port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        target.pipe(socket).pipe(target);
      });
      target.on("error", () => socket.destroy());
      socket.on("error", () => target.destroy());
    });
    cleanups.push(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const { port: proxyPort } = proxy.address() as AddressInfo;
    const client = clientOf({ proxy_url: `http://127.0.0.1:${proxyPort}`, tls_config: trusting });
    expect(await ask(client)).toBe("stranger");
    expect(tunnels).toEqual([`127.0.0.1:${port}`]);
  });
});

describe("a proxy", () => {
  it("is not asked for addresses that may not be reached", async () => {
    const client = clientOf({ proxy_url: "http://127.0.0.1:1" });
    await expect(client.request("http://169.254.169.254/", REQUEST)).rejects.toMatchObject({
      code: "outbound_blocked",
    });
  });
});

describe("credentials", () => {
  it("with a line break are refused", async () => {
    writeFileSync(join(directory, "bad"), "a\nb");
    const client = clientOf({ authorization: { credentials_file: join(directory, "bad") } });
    await expect(client.request("http://127.0.0.1:1/", REQUEST)).rejects.toThrow(
      "the credentials can not be sent in a header",
    );
  });
});
