/**
 * Fleetlight as one more stack of the black-box benchmark of alerting, from a sample to the webhook; its peers are in
 * `alert-stacks.config.mjs` beside that harness:
 *
 *     node bench.mjs --suites alert --alert-config <this file>
 *
 * PEERS names the peers' configuration when it is not the harness' own; with `PEERS=` Fleetlight runs alone.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const repository = path.resolve(import.meta.dirname, "..");
const port = 18091;
const url = `http://127.0.0.1:${port}`;

const configuration = ({ webhookUrl, scrapeTarget }) => ({
  host: { enabled: false },
  alerting: {
    evaluation_interval: "1s",
    builtin_rules: false,
    rules: {
      probe: {
        name: "Probe",
        metric: "fl_alert_probe",
        condition: ">",
        threshold: 1,
        severity: "critical",
        cooldown_minutes: 0,
      },
    },
  },
  // Each series is told of by itself and at once; the end is not told, as with the peers.
  notifications: { webhook: { url: webhookUrl, send_resolved: false } },
  scrape_configs: [
    {
      job_name: "bench",
      scrape_interval: "1s",
      scrape_timeout: "1s",
      static_configs: [{ targets: [scrapeTarget] }],
    },
  ],
});

async function ready(server) {
  for (let round = 0; round < 200 && server.exitCode === null; round++) {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Fleetlight did not start: see its log in the data directory");
}

const stack = ({ root }) => {
  const dataDir = path.join(root, "fleetlight-alert");
  let server;
  return {
    name: "fleetlight",
    remoteWriteUrl: `${url}/api/v1/write`,
    async up(trial) {
      fs.rmSync(dataDir, { recursive: true, force: true });
      fs.mkdirSync(dataDir, { recursive: true });
      const file = `${dataDir}.json`;
      fs.writeFileSync(file, JSON.stringify(configuration(trial)));
      const log = fs.openSync(`${dataDir}.log`, "a");
      const main = path.join(repository, "packages/cli/src/main.ts");
      const options = ["--config", file, "--data-dir", dataDir, "--port", String(port)];
      server = spawn(
        path.join(repository, "node_modules/.bin/node"),
        [
          "--max-semi-space-size=16",
          "--no-allocation-site-pretenuring",
          main,
          "serve",
          ...options,
          "--log-level",
          "warn",
        ],
        { stdio: ["ignore", log, log] },
      );
      await ready(server);
    },
    async down() {
      if (!server) return;
      if (server.exitCode === null) {
        const ended = once(server, "exit");
        server.kill();
        await ended;
      }
      server = undefined;
      fs.rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

const { PEERS: file = path.join(process.cwd(), "alert-stacks.config.mjs") } = process.env;
const others = file === "" ? () => [] : (await import(pathToFileURL(file).href)).default;

export default (context) => [...others(context), stack(context)];
