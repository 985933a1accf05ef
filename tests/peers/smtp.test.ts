import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { SMTPServer } from "smtp-server";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { findPeer } from "../peer.ts";
import { startProduct, type Product } from "../support/product.ts";

const openssl = findPeer("mail over TLS", "openssl");
const directory = mkdtempSync(join(tmpdir(), "fleetlight-smtp-"));
const pathOf = (name: string): string => join(directory, name);

function makeCertificate(): void {
  const subject = ["-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync(
    openssl ?? "openssl",
    [
      "req",
      "-x509",
      ...key,
      ...subject,
      "-days",
      "1",
      "-keyout",
      pathOf("key.pem"),
      "-out",
      pathOf("cert.pem"),
    ],
    { stdio: "ignore" },
  );
}

interface Mail {
  to: string[];
  source: string;
  secure: boolean;
  user: unknown;
}

/** A mail server with a certificate of its own, signing in, and moods. */
function makeMailServer() {
  const mails: Mail[] = [];
  const moods: ("greylist" | "hang up")[] = [];
  let attempts = 0;
  const server = new SMTPServer({
    key: readFileSync(pathOf("key.pem")),
    cert: readFileSync(pathOf("cert.pem")),
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, done) =>
      password === "open sesame"
        ? done(null, { user: username ?? "" })
        : done(Object.assign(new Error("who are you"), { responseCode: 535 })),
    onData: (stream, session, done) => {
      void text(stream).then((source) => {
        attempts++;
        const mood = moods.shift();
        if (mood === "hang up") {
          for (const connection of server.connections) connection.close();
        } else if (mood === "greylist") {
          done(Object.assign(new Error("come again"), { responseCode: 451 }));
        } else {
          const { envelope, secure, user } = session;
          mails.push({ to: envelope.rcptTo.map(({ address }) => address), source, secure, user });
          done();
        }
      });
    },
  });
  server.on("error", () => undefined);
  return { server, mails, moods, attempts: () => attempts };
}

const headerOf = (mail: Mail | undefined, name: string): string =>
  new RegExp(`^${name}:[ \\r\\n]*(.*)`, "im").exec(mail?.source ?? "")?.[1] ?? "";

describe.skipIf(openssl === undefined)("mail to a real SMTP server", () => {
  let mail: ReturnType<typeof makeMailServer>;
  let product: Product;
  let port = 0;

  const start = (): Promise<Product> =>
    startProduct({ dataDir: pathOf("data"), args: ["--config", pathOf("fleetlight.yml")] });

  const post = async (labels: Record<string, string>, more: object = {}): Promise<void> => {
    const answer = await fetch(`${product.url}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([{ labels, annotations: { summary: "<b>bold</b> & more" }, ...more }]),
    });
    expect(answer.status).toBe(200);
  };

  beforeAll(async () => {
    makeCertificate();
    mail = makeMailServer();
    const listener = mail.server.listen(0, "127.0.0.1");
    await once(listener, "listening");
    ({ port } = mail.server.server.address() as AddressInfo);
    writeFileSync(pathOf("password"), "open sesame\n");
    writeFileSync(
      pathOf("fleetlight.yml"),
      "alerting: { alertmanager_config: alertmanager.yml, builtin_rules: false }\n",
    );
    writeFileSync(
      pathOf("alertmanager.yml"),
      `global:
  smtp_smarthost: 127.0.0.1:${port}
  smtp_from: Fleetlight <alerts@example.org>
  smtp_auth_username: watch
  smtp_auth_password_file: password
route: { receiver: ops, group_by: [alertname], group_wait: 0s, group_interval: 1s }
receivers:
  - name: ops
    email_configs:
      - to: ops@example.org, boss@example.org
        send_resolved: true
        tls_config: { ca_file: cert.pem }
`,
    );
    product = await start();
  });
  afterEach(() => {
    mail.mails.length = 0;
  });
  afterAll(async () => {
    await product.stop();
    await new Promise<void>((resolve) => mail.server.close(() => resolve()));
    rmSync(directory, { recursive: true, force: true });
  });

  it("is signed in, encrypted, and in two forms", async () => {
    await post({ alertname: "First", severity: "critical" });
    await expect.poll(() => mail.mails.length).toBe(1);
    const [first] = mail.mails;
    expect(first).toMatchObject({
      to: ["ops@example.org", "boss@example.org"],
      secure: true,
      user: "watch",
    });
    expect(headerOf(first, "subject")).toMatch(/^\[FIRING:1\] First \(critical\)/);
    expect(first?.source).toContain("Content-Type: text/plain");
    expect(first?.source).toContain("Content-Type: text/html");
    // Whatever an alert says is text in HTML.
    expect(first?.source).toContain("&lt;b&gt;bold&lt;/b&gt;");
    expect(first?.source.split("text/html")[1]).not.toContain("<b>bold</b>");
  });

  it("comes again after a server that wants it later, and one that hangs up", async () => {
    mail.moods.push("greylist", "hang up");
    const before = mail.attempts();
    await post({ alertname: "Second" });
    await expect.poll(() => mail.mails.length, { timeout: 30_000 }).toBe(1);
    expect(mail.attempts() - before).toBe(3);
  });

  it("keeps to one thread from beginning to end", async () => {
    const startsAt = new Date(Date.now() - 60_000).toISOString();
    await post({ alertname: "Third" }, { startsAt });
    await expect.poll(() => mail.mails.length).toBe(1);
    await post({ alertname: "Third" }, { startsAt, endsAt: new Date().toISOString() });
    await expect.poll(() => mail.mails.length, { timeout: 30_000 }).toBe(2);
    const [begin, end] = mail.mails;
    expect(headerOf(end, "subject")).toMatch(/^\[RESOLVED\] Third/);
    expect(headerOf(end, "references")).toBe(headerOf(begin, "references"));
    expect(headerOf(end, "message-id")).not.toBe(headerOf(begin, "message-id"));
  });

  it("is not lost when the server dies before it could be sent", async () => {
    await new Promise<void>((resolve) => mail.server.close(() => resolve()));
    await post({ alertname: "Fourth" });
    await product.kill();
    const { mails } = mail;
    mail = makeMailServer();
    const listener = mail.server.listen(port, "127.0.0.1");
    await once(listener, "listening");
    product = await start();
    await expect.poll(() => mail.mails.length, { timeout: 60_000 }).toBe(1);
    expect(headerOf(mail.mails[0], "subject")).toMatch(/Fourth/);
    expect(mails).toEqual([]);
    expect(product.output()).not.toContain("open sesame");
  });
});
