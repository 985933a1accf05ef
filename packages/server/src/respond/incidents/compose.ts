import type { Registry } from "@fleetlight/sdk";
import { externalUrl, type AlertmanagerConfig, type Config } from "#config";
import type { Logger, Now, Outbound, OutboundPolicy } from "#lib";
import type { StateStore } from "#store";

import type { Alertmanager } from "../alertmanager.ts";
import { ChannelSet } from "../channel-set.ts";
import { createMaintenance, type Maintenance } from "../maintenance/index.ts";
import { Directory, PersonalChannels, Schedules } from "../oncall/index.ts";
import { createIncidents } from "./incidents.ts";
import type { Incidents } from "./types.ts";

export interface OnCallRoomOptions {
  state: StateStore;
  alertmanager: Alertmanager;
  config: () => Config;
  /** The configuration of receivers that is in force. */
  receivers: () => AlertmanagerConfig;
  outbound: Outbound;
  policy: () => OutboundPolicy;
  /** Services that a service depends on, or that depend on it. */
  related: (tenant: string, service: string) => Iterable<string>;
  now: Now;
  logger: Logger;
  registry: Registry;
}

/** Everything that people who are on call need beside the pipeline. */
export interface OnCallRoom {
  directory: Directory;
  schedules: Schedules;
  maintenance: Maintenance;
  incidents: Incidents;
  /** Before the pipeline and the rules start, so that nobody is told of what is under maintenance or acknowledged. */
  load(): Promise<void>;
  /** After the pipeline has its alerts. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Puts people, schedules, maintenance and incidents together, and into the pipeline. */
// oxlint-disable-next-line max-lines-per-function -- puts the parts together, each a few lines
export function createOnCallRoom(options: OnCallRoomOptions): OnCallRoom {
  const { state, alertmanager, config, receivers, now, logger, registry } = options;
  const directory = new Directory({
    repository: state.oncall,
    configured: () => {
      const { people, teams, schedules, policies } = config().escalation;
      return { person: people, team: teams, schedule: schedules, policy: policies };
    },
    receivers: () => alertmanager.receivers(),
    now,
  });
  const schedules = new Schedules({ repository: state.oncall, directory, now });
  const personal = new PersonalChannels({
    directory,
    config: receivers,
    make: (receiver) => {
      const set = new ChannelSet(
        { ...receivers(), receivers: [receiver] },
        externalUrl(config()),
        options,
      );
      return {
        channels: [...set.all()].map(({ channel }) => channel),
        close: () => set.close(),
      };
    },
  });
  const maintenance = createMaintenance({
    repository: state.maintenance,
    alerts: alertmanager,
    now,
    logger,
  });
  const incidents = createIncidents({
    alerts: alertmanager,
    repository: state.incidents,
    directory,
    schedules,
    personal,
    config: () => config().escalation,
    outbound: options.outbound,
    externalUrl: () => externalUrl(config()),
    grouping: {
      related: options.related,
      windowMs: () => config().escalation.incident_window,
    },
    maintenanceName: (tenant, id) => maintenance.nameOf(tenant, id),
    now,
    logger,
    registry,
  });
  alertmanager.setMaintenance((alert, nowMs) => maintenance.suppressedBy(alert, nowMs));
  alertmanager.setAcknowledged(incidents.acknowledgedBy);
  alertmanager.setExtraChannels((...place) => personal.find(...place));
  return {
    directory,
    schedules,
    maintenance,
    incidents,
    load: async () => {
      await directory.load();
      await schedules.load();
      await maintenance.start();
      await incidents.load();
    },
    start: () => incidents.start(),
    stop: async () => {
      maintenance.stop();
      await incidents.stop();
      await personal.close();
    },
  };
}
