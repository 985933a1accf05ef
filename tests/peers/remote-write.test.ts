import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findPeer } from "../peer.ts";
import { startProduct, type Product } from "../support/product.ts";

const prometheus = findPeer("Prometheus that writes to us", "prometheus");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

type Series = { metric: Record<string, string>; value: [number, string] };
async function query(
  url: string,
  text: string,
  timeS?: number,
  tenant = "default",
): Promise<Series[]> {
  const parameters = new URLSearchParams({ query: text });
  if (timeS !== undefined) parameters.set("time", String(timeS));
  const answer = await fetch(`${url}/api/v1/query?${parameters}`, {
    headers: { "x-scope-orgid": tenant },
  });
  if (!answer.ok) return [];
  return ((await answer.json()) as { data: { result: Series[] } }).data.result;
}

/** Asks until there is an answer that is wanted. */
async function until<T>(get: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  const endsAt = Date.now() + 60_000;
  for (;;) {
    const value = await get().catch(() => undefined);
    if (value !== undefined && wanted(value)) return value;
    if (Date.now() > endsAt) throw new Error(`waited in vain; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Adds the tenant to what passes, as a gateway does; Debian's Prometheus 2.42 leaves `headers` of remote_write out. */
async function startGateway(target: string, tenant: string) {
  const server = createHttpServer(async (request, response) => {
    const answer = await fetch(target + (request.url ?? ""), {
      method: "POST",
      headers: {
        "content-type": request.headers["content-type"] ?? "",
        "content-encoding": request.headers["content-encoding"] ?? "",
        "x-scope-orgid": tenant,
      },
      body: new Uint8Array(await buffer(request)),
    }).catch(() => undefined);
    response.writeHead(answer?.status ?? 502).end(await answer?.text());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe.skipIf(prometheus === undefined)("a real Prometheus", () => {
  let directory = "";
  let product: Product;
  let child: ChildProcess;
  let url = "";
  let gateway: Awaited<ReturnType<typeof startGateway>>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "fleetlight-peer-"));
    product = await startProduct({
      dataDir: join(directory, "data"),
      // Its own metrics have names that Prometheus has as well.
      env: { FLEETLIGHT_HOST__ENABLED: "false", FLEETLIGHT_MONITORING__SELF_METRICS: "false" },
    });
    gateway = await startGateway(product.url, "team-a");
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const file = join(directory, "prometheus.yml");
    writeFileSync(
      file,
      JSON.stringify({
        global: { scrape_interval: "1s", external_labels: { replica: "r1" } },
        scrape_configs: [
          { job_name: "self", static_configs: [{ targets: [`127.0.0.1:${port}`] }] },
          { job_name: "nobody", static_configs: [{ targets: ["127.0.0.1:1"] }] },
        ],
        remote_write: [
          {
            url: `${product.url}/api/v1/write`,
            queue_config: { batch_send_deadline: "200ms" },
            metadata_config: { send_interval: "1s" },
          },
          {
            name: "for a tenant",
            url: `${gateway.url}/api/v1/write`,
            queue_config: { batch_send_deadline: "200ms" },
          },
        ],
      }),
    );
    child = spawn(
      prometheus ?? "",
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(directory, "tsdb")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=error",
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    await until(
      () => query(product.url, "scrape_samples_scraped{replica='r1'}"),
      (found) => found.length === 2,
    );
  }, 120_000);
  afterAll(async () => {
    if (child?.exitCode === null) {
      child.kill();
      await once(child, "exit");
    }
    gateway?.close();
    await product?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  it("writes the same series and values to us as it keeps itself", async () => {
    const [newest] = await query(product.url, 'timestamp(up{job="self",replica="r1"})');
    const timeS = Number(newest?.value[1]);
    expect(timeS).toBeGreaterThan(0);
    const textOf = ({ metric, value }: Series, more: Record<string, string> = {}): string =>
      JSON.stringify([Object.entries({ ...metric, ...more }).toSorted(), value]);
    const theirs = (await query(url, '{job!=""}', timeS))
      // What is written carries the external labels, what is kept does not.
      .map((one) => textOf(one, { replica: "r1" }))
      .toSorted();
    expect(theirs.length).toBeGreaterThan(100);
    // Its shards deliver one scrape in several requests.
    const ours = await until(
      async () =>
        (await query(product.url, '{replica="r1"}', timeS)).map((one) => textOf(one)).toSorted(),
      (found) => found.join() === theirs.join(),
    );
    expect(ours).toEqual(theirs);
  }, 120_000);

  it("writes into a tenant of its own", async () => {
    const found = await until(
      () => query(product.url, 'up{replica="r1"}', undefined, "team-a"),
      (series) => series.length === 2,
    );
    expect(found.map(({ metric }) => metric["job"]).toSorted()).toEqual(["nobody", "self"]);
    expect(await query(product.url, '{replica="r1"}', undefined, "team-b")).toEqual([]);
  }, 120_000);

  it("is never refused a sample", async () => {
    const counted = async (name: string) => {
      const found = await query(url, `sum(${name})`);
      return Number(found[0]?.value[1] ?? 0);
    };
    await until(
      () => counted("prometheus_remote_storage_samples_total"),
      (sent) => sent > 200,
    );
    expect(await counted("prometheus_remote_storage_samples_failed_total")).toBe(0);
    expect(await counted("prometheus_remote_storage_samples_dropped_total")).toBe(0);
  }, 120_000);

  it("tells us what its metrics mean", async () => {
    const metadata = await until(
      async () => {
        const answer = await fetch(`${product.url}/api/v1/metadata?metric=process_open_fds`);
        return (await answer.json()) as { data: Record<string, { type: string; help: string }[]> };
      },
      ({ data }) => data["process_open_fds"] !== undefined,
    );
    expect(metadata.data["process_open_fds"]?.[0]).toMatchObject({
      type: "gauge",
      help: "Number of open file descriptors.",
    });
  }, 120_000);
});
