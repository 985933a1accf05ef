import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createOutbound } from "./outbound.ts";

const policy = { allowLinkLocal: false, allowAddresses: [] };

/** Answers the address that a name has in this test. */
const resolveTo =
  (address: string) =>
  (
    _name: string,
    callback: (error: null, addresses: { address: string; family: number }[]) => void,
  ) =>
    callback(null, [{ address, family: 4 }]);

describe("a connection for what is not HTTP", () => {
  let server: Server;
  let port = 0;

  beforeAll(async () => {
    server = createServer((socket) => socket.end("220 hello\r\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => server.close());

  it("leads to a name's address", async () => {
    const outbound = createOutbound(policy, { resolve: resolveTo("127.0.0.1") });
    const socket = await outbound.connect("mail.test", port, { timeoutMs: 5000 });
    const [greeting] = (await once(socket, "data")) as [Buffer];
    expect(greeting.toString()).toBe("220 hello\r\n");
    socket.destroy();
    await outbound.close();
  });

  it.each([
    ["169.254.169.254", undefined],
    ["metadata.test", resolveTo("169.254.169.254")],
    ["0.0.0.0", undefined],
  ])("is refused to %s", async (host, resolve) => {
    const outbound = createOutbound(policy, resolve ? { resolve } : {});
    await expect(outbound.connect(host, 25, { timeoutMs: 5000 })).rejects.toMatchObject({
      code: "outbound_blocked",
    });
    await outbound.close();
  });

  it("says that nobody listens", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const unused = (closed.address() as AddressInfo).port;
    closed.close();
    await once(closed, "close");
    const outbound = createOutbound(policy);
    await expect(outbound.connect("127.0.0.1", unused, { timeoutMs: 5000 })).rejects.toMatchObject({
      code: "outbound_refused",
      retryable: true,
    });
    await outbound.close();
  });

  it("gives up when it is cancelled, also before it began", async () => {
    const outbound = createOutbound(policy);
    await expect(
      outbound.connect("127.0.0.1", port, { timeoutMs: 5000, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: "outbound_failed" });
    await outbound.close();
  });

  it("gives up after its time when the name server does not answer", async () => {
    const outbound = createOutbound(policy, { resolve: () => undefined });
    await expect(outbound.connect("silent.test", port, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "outbound_timeout",
    });
    await outbound.close();
  });
});
