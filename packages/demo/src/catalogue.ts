import { readFileSync } from "node:fs";

/** One service of the profile `agent-lightning`; the file is profiles/agent-lightning/services.json. */
export type CatalogueEntry = {
  id: string;
  name: string;
  component: string;
  type: string;
  port: number;
  health_endpoint: string;
  metrics_endpoint: string;
  job: string;
  scrape_interval_seconds: number;
  labels: Record<string, string>;
};

const FILE = new URL("../../../profiles/agent-lightning/services.json", import.meta.url);

/** The twelve services of the demo fleet. @throws when the profile is missing or is not JSON. */
export function readCatalogue(): CatalogueEntry[] {
  return (JSON.parse(readFileSync(FILE, "utf8")) as { services: CatalogueEntry[] }).services;
}
