import type { Service } from "@fleetlight/contract";
import type { ReactNode } from "react";

import { formatDateTime } from "../../format/time.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import { Facts, LabelChips, Panel } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";

const checkOutcome = ({ last_check: check }: Service): ReactNode => {
  if (check === null) return "not checked yet";
  const code = check.status_code === null ? "no answer" : `status ${check.status_code}`;
  return (
    <>
      {check.error ?? code}, <Ago at={check.at} />
    </>
  );
};

const scrapeOutcome = ({ last_scrape: scrape }: Service): ReactNode => {
  if (scrape === null) return "not scraped yet";
  const result = scrape.up
    ? `${formatCount(scrape.samples)} samples in ${formatValue(scrape.duration_seconds, "seconds")}`
    : (scrape.error ?? "failed");
  return (
    <>
      {result}, <Ago at={scrape.at} />
    </>
  );
};

const threshold = (count: number | undefined, word: string): string =>
  count === undefined ? "as configured" : `after ${plural(count, word)}`;

/** What the last check and scrape found, and how they are made. */
export const CheckFacts = ({ service }: { service: Service }) => {
  const { check, last_heartbeat: heartbeat } = service;
  const rows: [string, ReactNode][] = [
    ["Last check", checkOutcome(service)],
    ["Last scrape", scrapeOutcome(service)],
  ];
  if (heartbeat !== null) rows.push(["Last heartbeat", <Ago key="heartbeat" at={heartbeat} />]);
  rows.push(
    [
      "Checked",
      check.interval_seconds === undefined
        ? "as often as configured"
        : `every ${formatValue(check.interval_seconds, "seconds")}`,
    ],
    ["Falls", threshold(check.failure_threshold, "failure")],
    ["Rises", threshold(check.success_threshold, "success")],
  );
  return (
    <Panel title="Checks">
      <Facts rows={rows} />
    </Panel>
  );
};

const ORIGINS = {
  api: "the API",
  config: "the configuration",
  file: "file discovery",
  telemetry: "the telemetry that it sends",
};

const full = (base: string, endpoint: string): string =>
  URL.canParse(endpoint, base) ? new URL(endpoint, base).href : endpoint;

/** Where the service is and where it came from. */
export const EndpointFacts = ({ service }: { service: Service }) => (
  <Panel title="Endpoints">
    <Facts
      rows={[
        [
          "Address",
          <span key="url" className="mono">
            {service.url}
          </span>,
        ],
        [
          "Health",
          <span key="health" className="mono">
            {full(service.url, service.health_endpoint)}
          </span>,
        ],
        [
          "Metrics",
          <span key="metrics" className="mono">
            {full(service.url, service.metrics_endpoint)}
          </span>,
        ],
        ["Labels", <LabelChips key="labels" labels={service.labels} />],
        [
          "Registered",
          `${formatDateTime(Date.parse(service.registered_at))} by ${ORIGINS[service.origin]}`,
        ],
      ]}
    />
  </Panel>
);
