import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Runs in a forked process: one server per target, so that each has a connection of its own, with pages in which every
 * value changes. Tells its parent the ports. Arguments: number of targets, series per target.
 */
const [targets = 0, series = 0] = process.argv.slice(2).map(Number);

const heads = Array.from({ length: series }, (_, at) => {
  const labels = `method="GET",code="${200 + Math.floor(at / 10)}",route="/api/v1/things/${at % 10}"`;
  const help = "# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n";
  return `${at === 0 ? help : ""}http_requests_total{${labels}} `;
});

async function listen(target: number): Promise<number> {
  let round = 0;
  const server = createServer((_request, response) => {
    round++;
    let page = "";
    for (const [at, head] of heads.entries()) {
      page += `${head}${at % 3 === 0 ? round * 0.37 + target : round * at}\n`;
    }
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(page);
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

process.once("disconnect", () => process.exit());
process.send?.(await Promise.all(Array.from({ length: targets }, (_, target) => listen(target))));
