import type { AlertmanagerConfig } from "#config";
import type { Logger, Now, Outbound } from "#lib";

import type { Alertmanager } from "./alertmanager.ts";
import { readSecretFile } from "./channel-set.ts";
import type { Incidents } from "./incidents/index.ts";
import { SlackActions } from "./notify/slack/index.ts";

interface SlackActionsOptions {
  receivers: () => AlertmanagerConfig["receivers"];
  alertmanager: Pick<Alertmanager, "groups" | "silences">;
  incidents: Pick<Incidents, "acknowledgeAlerts">;
  outbound: Outbound;
  logger: Logger;
  now: Now;
}

/** The buttons of all receivers that tell Slack. */
export const createSlackActions = (options: SlackActionsOptions): SlackActions =>
  new SlackActions({
    ...options,
    readSecretFile,
    configs: () =>
      options
        .receivers()
        .flatMap(({ integrations }) =>
          integrations.flatMap((one) => (one.kind === "slack" ? [one.config] : [])),
        ),
    acknowledger: {
      acknowledge: async (tenant, fingerprints, care) => {
        const { changed } = await options.incidents.acknowledgeAlerts(tenant, fingerprints, care);
        return changed;
      },
    },
  });

export type { SlackActions };
