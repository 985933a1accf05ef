import { Resolver } from "node:dns/promises";

import type { HttpClientConfig, ScrapeJob } from "#config";
import type { Outbound } from "#lib";

import { readTargetGroups, TargetFiles } from "../../discovery/file-sd/index.ts";
import type { TargetGroup } from "../target-labels.ts";
import { createDnsSource } from "./dns.ts";
import { groupOf } from "./group.ts";
import { createHttpSource } from "./http.ts";
import type { Source, SourceContext } from "./types.ts";

export type { Source } from "./types.ts";

const fixed = (groups: readonly TargetGroup[]): Source => ({
  start: async () => {},
  groups: () => groups,
  stop: async () => {},
});

function createFileSource(
  { files, refresh_interval }: ScrapeJob["file_sd_configs"][number],
  context: SourceContext,
): Source {
  const watched = new TargetFiles<TargetGroup>(
    {
      patterns: files,
      refreshIntervalMs: refresh_interval,
      read: (text, isJson, path) =>
        readTargetGroups(text, isJson).map(({ targets, labels }) =>
          groupOf(targets, { ...labels, __meta_filepath: path }),
        ),
    },
    context,
  );
  return {
    start: () => watched.start(),
    groups: () => watched.found().items,
    stop: () => watched.stop(),
  };
}

/** Belongs to one source, which closes it. */
type SourceClient = Pick<Outbound, "request" | "close">;

/** A source that has not been made yet; two with the same key are the same. */
interface PlannedSource {
  key: string;
  create(context: SourceContext): Source;
}

/** Every source of a job, of every kind. */
export function planSources(
  job: ScrapeJob,
  clientFor: (config: HttpClientConfig) => SourceClient,
): PlannedSource[] {
  const plan = <Config>(
    kind: string,
    configs: readonly Config[],
    create: (config: Config, context: SourceContext) => Source,
  ): PlannedSource[] =>
    configs.map((config) => ({
      key: `${kind} ${JSON.stringify(config)}`,
      create: (context) => create(config, context),
    }));
  return [
    ...plan("static", job.static_configs, ({ targets, labels }) =>
      fixed([groupOf(targets, labels)]),
    ),
    ...plan("file", job.file_sd_configs, createFileSource),
    ...plan("http", job.http_sd_configs, (config, context) => {
      const client = clientFor(config);
      const source = createHttpSource(config, client, context);
      return {
        start: () => source.start(),
        groups: () => source.groups(),
        stop: async () => {
          await source.stop();
          await client.close();
        },
      };
    }),
    ...plan("dns", job.dns_sd_configs, (config, context) =>
      createDnsSource(config, new Resolver(), context),
    ),
  ];
}
