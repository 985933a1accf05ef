import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { startServer } from "#app";

import { connect, makeSite } from "../fixture.ts";

const place = makeSite();
afterAll(place.remove);
const [cert, key] = ["cert.pem", "key.pem"].map((name) => join(place.directory, name)) as [
  string,
  string,
];

function makeCertificate(): boolean {
  try {
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        key,
        "-out",
        cert,
      ],
      { stdio: "ignore" },
    );
    return true;
  } catch {
    console.warn("SKIPPED: no openssl to make a certificate with, so TLS was not tried");
    return false;
  }
}
const hasCertificate = makeCertificate();

it.runIf(hasCertificate)("serves the API and the live feed over TLS", async () => {
  const site = makeSite({ server: { tls: { cert_file: cert, key_file: key } } });
  const server = await startServer(site);
  try {
    expect(server.url).toMatch(/^https:/);
    const ca = readFileSync(cert);
    const status = await new Promise((resolve, reject) =>
      get(`${server.url}/health/ready`, { ca }, (answer) => resolve(answer.resume().statusCode)).on(
        "error",
        reject,
      ),
    );
    expect(status).toBe(200);
    const client = await connect(`${server.url}/ws`, { ca, origin: server.url });
    expect((await client.next("hello")).version).toBe("1.2.3-test");
    client.socket.close();
    await expect(fetch(server.url.replace("https", "http"))).rejects.toThrow(/fetch failed/);
  } finally {
    await server.stop();
    site.remove();
  }
});

it("does not start with a certificate that is not one, and says which file", async () => {
  const bad = join(place.directory, "bad.pem");
  writeFileSync(bad, "this is no certificate");
  for (const [file, reason] of [
    [bad, /bad\.pem/],
    [join(place.directory, "absent.pem"), /absent\.pem/],
  ] as const) {
    const site = makeSite({ server: { tls: { cert_file: file, key_file: file } } });
    await expect(startServer(site)).rejects.toThrow(reason);
    site.remove();
  }
});
