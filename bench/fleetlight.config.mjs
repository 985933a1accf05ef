/**
 * Fleetlight as a back end of the black-box benchmark for metric stores; its peers are in `peers.config.mjs` beside that harness:
 *
 *     node bench.mjs --config <this file> --only prometheus,victoria-metrics,fleetlight,fleetlight+cache --corpora 10k6h
 *
 * PEERS names the peers' configuration when it is not the harness' own.
 */
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const repository = path.resolve(import.meta.dirname, "..");
const port = 18090;
const url = `http://127.0.0.1:${port}`;

const configuration = (scrape) => ({
  storage: { retention: { metrics: "10y" }, max_series: 3_000_000 },
  ingest: { max_future: "10y" },
  limits: { max_series: 3_000_000 },
  host: { enabled: false },
  ...(scrape === undefined
    ? {}
    : {
        scrape_configs: [
          {
            job_name: "bench",
            scrape_interval: `${scrape.intervalS}s`,
            scrape_timeout: `${scrape.intervalS}s`,
            static_configs: [{ targets: scrape.targets }],
          },
        ],
      }),
});

const entry = ({ root }) => ({
  name: "fleetlight",
  baseUrl: url,
  queryUrl: url,
  remoteWriteUrl: `${url}/api/v1/write`,
  readyUrl: `${url}/-/ready`,
  dataDir: path.join(root, "fleetlight"),
  // The engine is measured, not a replay of an earlier answer.
  queryParams: { nocache: "1" },
  start({ dataDir, scrape }) {
    const file = `${dataDir}.json`;
    fs.writeFileSync(file, JSON.stringify(configuration(scrape)));
    const node = path.join(repository, "node_modules/.bin/node");
    const main = path.join(repository, "packages/cli/src/main.ts");
    const options = ["--config", file, "--data-dir", dataDir, "--port", String(port)];
    return {
      cmd: node,
      args: [
        "--max-semi-space-size=16",
        "--no-allocation-site-pretenuring",
        main,
        "serve",
        ...options,
        "--log-level",
        "warn",
      ],
    };
  },
  async settleFn(back, { sleep }) {
    let last = -1;
    let same = 0;
    for (let round = 0; round < 24 && same < 3; round++) {
      await sleep(5000);
      const now = back.disk().apparent;
      same = Math.abs(now - last) < last * 0.002 ? same + 1 : 0;
      last = now;
    }
    return { settledBytes: last };
  },
});

export default async ({ root }) => {
  const harness = process.env.PEERS ?? path.resolve(process.argv[1], "../peers.config.mjs");
  const { default: peers } = await import(pathToFileURL(harness).href);
  const own = entry({ root });
  return [
    ...peers({ root }),
    own,
    {
      name: "fleetlight+cache",
      aliasOf: "fleetlight",
      queryOnly: true,
      baseUrl: url,
      queryUrl: url,
    },
  ];
};
