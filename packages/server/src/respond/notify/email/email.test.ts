import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, describe, expect, it } from "vitest";

import { EmailConfig } from "../../../config/alertmanager/channels/email.ts";
import type { NotificationChannel } from "../channel.ts";
import { resolvedNotification, sampleNotification, testContext } from "../test-peers.ts";
import { createEmail } from "./email.ts";
import { refusal, SmtpPeer, type SmtpPeerOptions } from "./smtp-peer.ts";

const context = testContext();
const directory = await mkdtemp(join(tmpdir(), "fleetlight-email-"));
const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one();
});
afterAll(async () => {
  await context.stop();
  await rm(directory, { recursive: true, force: true });
});

const startPeer = async (options: SmtpPeerOptions = {}): Promise<SmtpPeer> => {
  const peer = await new SmtpPeer(options).start();
  undo.push(() => peer.stop());
  return peer;
};

const TRUSTED = { tls_config: { insecure_skip_verify: true } };

const channelTo = (
  peer: { smarthost: string },
  config: Record<string, unknown> = {},
): NotificationChannel => {
  const channel = createEmail(
    {
      kind: "email",
      index: 0,
      config: EmailConfig.parse({
        to: "ops@example.org",
        from: "Fleetlight <alerts@example.org>",
        smarthost: peer.smarthost,
        html: "<b>120 tasks</b>",
        headers: { Subject: "Queue" },
        ...TRUSTED,
        ...config,
      }),
    },
    context,
  );
  undo.push(async () => await channel.close?.());
  return channel;
};

const never = new AbortController().signal;
const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, never);

const headerOf = (source: string, name: string): string =>
  new RegExp(`^${name}:[ \\r\\n]*(.*(?:\\r\\n[ \\t].*)*)`, "im")
    .exec(source)?.[1]
    ?.replace(/\r\n[ \t]/g, " ") ?? "";

describe("e-mail", () => {
  it("goes to every recipient over STARTTLS, as text and as HTML", async () => {
    const peer = await startPeer();
    const channel = channelTo(peer, {
      to: "Ops <ops@example.org>, b@example.org",
      hello: "watch.example",
    });
    expect(await send(channel)).toEqual({ ok: true, statusCode: 250 });
    const [mail] = peer.mails;
    expect(mail).toMatchObject({
      from: "alerts@example.org",
      to: ["ops@example.org", "b@example.org"],
      secure: true,
      hello: "watch.example",
    });
    const source = mail?.source ?? "";
    expect(headerOf(source, "from")).toBe("Fleetlight <alerts@example.org>");
    expect(headerOf(source, "to")).toBe("Ops <ops@example.org>, b@example.org");
    expect(headerOf(source, "subject")).toBe("Queue");
    expect(headerOf(source, "auto-submitted")).toBe("auto-generated");
    expect(headerOf(source, "content-type")).toMatch(/^multipart\/alternative/);
    expect(source).toContain("<b>120 tasks</b>");
    expect(source).toContain("summary = The queue has 120 tasks");
  });

  it("keeps the mails of a group in one thread, and one id for all attempts", async () => {
    const peer = await startPeer();
    const channel = channelTo(peer);
    await send(channel);
    await send(channel);
    await send(channel, resolvedNotification());
    await send(channel, sampleNotification({ id: "n3", groupKey: "{}:{}" }));
    const [first, again, resolved, other] = peer.mails.map(({ source }) => ({
      id: headerOf(source, "message-id"),
      thread: headerOf(source, "references"),
      replyTo: headerOf(source, "in-reply-to"),
    }));
    expect(first?.id).toMatch(/^<[0-9a-f]{40}@fleetlight\.example>$/);
    expect(again).toEqual(first);
    expect(resolved?.id).not.toBe(first?.id);
    expect(resolved?.thread).toBe(first?.thread);
    expect(first?.replyTo).toBe(first?.thread);
    expect(other?.thread).not.toBe(first?.thread);
  });

  it("uses one connection for mails that follow one another, and closes it", async () => {
    const peer = await startPeer();
    const channel = channelTo(peer);
    for (const id of ["a", "b", "c"]) await send(channel, sampleNotification({ id }));
    expect(peer.mails).toHaveLength(3);
    expect(peer.connections).toBe(1);
    await channel.close?.();
    await expect.poll(() => peer.openConnections).toBe(0);
  });

  it("opens no more connections than it may", async () => {
    const peer = await startPeer();
    const channel = channelTo(peer, { max_connections: 2 });
    const ids = Array.from({ length: 12 }, (_, index) => `n${index}`);
    const results = await Promise.all(ids.map((id) => send(channel, sampleNotification({ id }))));
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(peer.mails).toHaveLength(12);
    expect(peer.connections).toBeLessThanOrEqual(2);
  });

  it.each([
    ["PLAIN", { auth_password: "open sesame" }, {}],
    ["LOGIN", { auth_password: "open sesame" }, { authMethods: ["LOGIN"] }],
    ["CRAM-MD5", { auth_secret: "open sesame" }, { authMethods: ["PLAIN", "CRAM-MD5"] }],
    [
      "CRAM-MD5",
      { auth_secret: "open sesame", auth_password: "another" },
      { authMethods: ["CRAM-MD5"] },
    ],
    ["PLAIN", { auth_password: "open sesame", auth_identity: "" }, { authMethods: ["PLAIN"] }],
  ])("signs in by %s with %j", async (method, config, options) => {
    const peer = await startPeer({ password: "open sesame", ...options });
    const channel = channelTo(peer, { auth_username: "watch", ...config });
    expect(await send(channel)).toEqual({ ok: true, statusCode: 250 });
    expect(peer.mails[0]).toMatchObject({ user: "watch", method, secure: true });
  });

  it("acts for somebody else when the configuration says whom", async () => {
    const lines: string[] = [];
    const server = createServer((socket) => {
      socket.write("220 peer\r\n");
      let isContent = false;
      socket.on("data", (chunk) => {
        for (const line of chunk.toString().split("\r\n").slice(0, -1)) {
          lines.push(line);
          if (isContent) {
            if (line === ".") isContent = false;
            else continue;
          }
          if (line.startsWith("EHLO")) socket.write("250-peer\r\n250 AUTH PLAIN\r\n");
          else if (line.startsWith("AUTH")) socket.write("235 welcome\r\n");
          else if (line === "DATA") {
            isContent = true;
            socket.write("354 go\r\n");
          } else socket.write("250 ok\r\n");
        }
      });
      socket.on("error", () => undefined);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    undo.push(async () => server.close());
    const { port } = server.address() as AddressInfo;
    const channel = channelTo(
      { smarthost: `127.0.0.1:${port}` },
      {
        require_tls: false,
        auth_username: "watch",
        auth_password: "open sesame",
        auth_identity: "boss",
      },
    );
    expect(await send(channel)).toEqual({ ok: true, statusCode: 250 });
    const [, sent = ""] = /^AUTH PLAIN (.*)$/.exec(lines[1] ?? "") ?? [];
    expect(Buffer.from(sent, "base64").toString()).toBe("boss\0watch\0open sesame");
  });

  it("reads its password at each attempt, and signs in anew when it is another one", async () => {
    const path = join(directory, "password");
    const peer = await startPeer({ password: "new password" });
    const channel = channelTo(peer, { auth_username: "watch", auth_password_file: path });
    expect(await send(channel)).toMatchObject({ ok: false, retryable: true });
    await writeFile(path, "old password\n");
    expect(await send(channel)).toMatchObject({ ok: false, statusCode: 535 });
    await writeFile(path, "new password\n");
    expect(await send(channel)).toMatchObject({ ok: true });
  });

  it("does not talk to a server without TLS unless it may", async () => {
    const peer = await startPeer({ disabledCommands: ["STARTTLS", "AUTH"] });
    const result = await send(channelTo(peer));
    expect(result).toMatchObject({ ok: false, retryable: true });
    expect(peer.mails).toHaveLength(0);
    expect(await send(channelTo(peer, { require_tls: false }))).toMatchObject({ ok: true });
    expect(peer.mails[0]).toMatchObject({ secure: false });
  });

  it("speaks TLS from the first byte at port 465", async (test) => {
    const peer = new SmtpPeer({ secure: true, password: "open sesame" });
    // Ports below 1024 are not everybody's.
    const isOurs = await peer.start(465).then(
      () => true,
      () => false,
    );
    test.skip(!isOurs, "port 465 cannot be opened here");
    undo.push(() => peer.stop());
    const channel = channelTo(peer, { auth_username: "watch", auth_password: "open sesame" });
    expect(await send(channel)).toEqual({ ok: true, statusCode: 250 });
    expect(peer.mails[0]).toMatchObject({ secure: true, user: "watch" });
  });

  it("does not trust a certificate that nobody vouches for", async () => {
    const peer = await startPeer();
    const result = await send(channelTo(peer, { tls_config: undefined }));
    expect(result).toMatchObject({ ok: false, retryable: true });
    expect(result.ok ? "" : result.error).toMatch(/certificate/i);
    expect(peer.mails).toHaveLength(0);
  });
});

describe("a mail that is refused", () => {
  it.each([
    [550, false],
    [553, false],
    [421, true],
    [450, true],
    [452, true],
  ])("with %i can succeed later: %s", async (code, retryable) => {
    const peer = await startPeer();
    peer.refused.set("ops@example.org", refusal(code, "not now, not here"));
    const result = await send(channelTo(peer));
    expect(result).toMatchObject({ ok: false, retryable });
    expect(result.ok ? "" : result.error).toContain("not now, not here");
  });

  it.each([
    [554, false],
    [451, true],
  ])("with %i after its content can succeed later: %s", async (code, retryable) => {
    const peer = await startPeer();
    peer.refuseData = refusal(code, "rejected");
    expect(await send(channelTo(peer))).toMatchObject({ ok: false, statusCode: code, retryable });
  });

  it("for one recipient is tried again for that one alone", async () => {
    const peer = await startPeer();
    const channel = channelTo(peer, { to: "a@example.org, b@example.org" });
    peer.refused.set("b@example.org", refusal(450, "greylisted"));
    const result = await send(channel);
    expect(result).toMatchObject({ ok: false, retryable: true });
    expect(result.ok ? "" : result.error).toContain("b@example.org: ");
    peer.refused.clear();
    const again = await channel.send(sampleNotification(), never, result.reference);
    expect(again).toMatchObject({ ok: true });
    expect(peer.mails.map(({ to }) => to)).toEqual([["a@example.org"], ["b@example.org"]]);
  });

  it("for good by one recipient is a failure that is told, and the others have it", async () => {
    const peer = await startPeer();
    const channel = channelTo(peer, { to: "a@example.org, gone@example.org" });
    peer.refused.set("gone@example.org", refusal(550, "no such user"));
    const result = await send(channel);
    expect(result).toMatchObject({ ok: false, retryable: false });
    expect(result.ok ? "" : result.error).toContain("no such user");
    expect(peer.mails[0]?.to).toEqual(["a@example.org"]);
  });
});

describe("a mail server that fails", () => {
  const listen = async (handle: (socket: Socket) => void): Promise<{ smarthost: string }> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      handle(socket);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    undo.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { smarthost: `127.0.0.1:${(server.address() as AddressInfo).port}` };
  };

  it("by hanging up in the middle is asked again later", async () => {
    const peer = await startPeer();
    peer.hangsUp = true;
    expect(await send(channelTo(peer))).toMatchObject({ ok: false, retryable: true });
  });

  it("by hanging up at once is asked again later", async () => {
    const peer = await listen((socket) => socket.destroy());
    expect(await send(channelTo(peer))).toMatchObject({ ok: false, retryable: true });
  });

  it.each([
    ["before its greeting", () => undefined],
    ["after its greeting", (socket: Socket) => void socket.write("220 hello\r\n")],
  ])("by silence %s is given its time and no more", async (_when, handle) => {
    const peer = await listen(handle);
    const result = await send(channelTo(peer, { timeout: "200ms" }));
    expect(result).toMatchObject({ ok: false, retryable: true });
    expect(result.ok ? "" : result.error).toContain("200 ms");
  });

  it("by silence after the content is given its time and no more", async () => {
    const peer = await startPeer();
    peer.isSilent = true;
    expect(await send(channelTo(peer, { timeout: "500ms" }))).toMatchObject({
      ok: false,
      retryable: true,
    });
  });

  it("by not being there is asked again later", async () => {
    const result = await send(channelTo({ smarthost: "127.0.0.1:1" }));
    expect(result).toMatchObject({ ok: false, retryable: true });
    expect(result.ok ? "" : result.error).toContain("refused by 127.0.0.1:1");
  });

  it("at a forbidden address is never asked", async () => {
    const result = await send(channelTo({ smarthost: "169.254.169.254:25" }));
    expect(result).toMatchObject({ ok: false, retryable: false });
    expect(result.ok ? "" : result.error).toContain("link-local");
  });

  it("is left when the attempt is given up", async () => {
    const peer = await listen((socket) => void socket.write("220 hello\r\n"));
    const giveUp = new AbortController();
    const sending = channelTo(peer).send(sampleNotification(), giveUp.signal);
    setTimeout(() => giveUp.abort(), 50);
    expect(await sending).toMatchObject({ ok: false, retryable: true });
  });
});

describe("what a mail may not do", () => {
  it("carry another header in its subject, its names or its other headers", async () => {
    const peer = await startPeer();
    const evil = "Queue\r\nBcc: evil@example.org\r\n\r\n<script>";
    const headers = { Subject: evil, "X-Team": evil, "Reply-To": evil, Bcc: "evil@example.org" };
    const from = '"Fleet\r\nBcc: evil@example.org\r\n" <alerts@example.org>';
    expect(await send(channelTo(peer, { headers, from }))).toMatchObject({ ok: true });
    const [mail] = peer.mails;
    expect(mail?.to).toEqual(["ops@example.org"]);
    const [head = ""] = mail?.source.split("\r\n\r\n") ?? [];
    expect(head).not.toMatch(/^bcc:/im);
    expect(headerOf(head, "subject")).toBe("Queue Bcc: evil@example.org <script>");
    expect(headerOf(head, "x-team")).toBe("Queue Bcc: evil@example.org <script>");
    expect(headerOf(head, "from")).toBe('"Fleet Bcc: evil@example.org" <alerts@example.org>');
  });

  it.each(["", "nobody", "ops@", "ops@example.org, <x", "ops@example.org, group: a@b.org;"])(
    "go to %j",
    async (to) => {
      const channel = channelTo({ smarthost: "127.0.0.1:1" }, to === "" ? { to: " " } : { to });
      expect(await send(channel)).toMatchObject({ ok: false, retryable: false });
    },
  );

  it("show its password", async () => {
    const sentinel = "sentinel-4711-secret";
    const peer = await startPeer({ password: "right" });
    const channel = channelTo(peer, { auth_username: "watch", auth_password: sentinel });
    const result = await send(channel);
    expect(result).toMatchObject({ ok: false, retryable: false, statusCode: 535 });
    const shown = [
      JSON.stringify(result),
      channel.target,
      channel.name,
      await channel.preview(sampleNotification()),
    ].join("\n");
    expect(shown).toContain("Invalid credentials");
    expect(shown).not.toContain(sentinel);
  });
});

it("shows a mail before it is sent", async () => {
  const channel = channelTo({ smarthost: "127.0.0.1:1" });
  expect(channel).toMatchObject({
    kind: "email",
    name: "ops/email[0]",
    target: "ops@example.org by 127.0.0.1:1",
    sendResolved: false,
  });
  expect(await channel.preview(sampleNotification())).toMatch(
    /^From: alerts@example.org\nTo: ops@example.org\nSubject: Queue\n\n[^]*<b>120 tasks<\/b>$/,
  );
});
