import { readFile } from "node:fs/promises";

import { JobClient } from "#collect";
import type { AlertmanagerConfig, Config, IntegrationConfig, ReceiverConfig } from "#config";
import {
  describeError,
  FleetlightError,
  type Logger,
  type Now,
  type Outbound,
  type OutboundPolicy,
} from "#lib";
import type { OutboxRepository } from "#store";

import type { ChannelEntry } from "./delivery/deliverer.ts";
import type { Instruments } from "./instruments.ts";
import { createChannels, type ChannelContext } from "./notify/index.ts";
import { createTemplates } from "./templates/index.ts";

/** Largest file with a secret. */
const MAX_SECRET_BYTES = 64 * 1024;

/** How long the channels of a former configuration may finish what is under way. */
const FORMER_MS = 60_000;

interface ChannelSetOptions {
  outbound: Outbound;
  policy: () => OutboundPolicy;
  now: Now;
  logger: Logger;
  /** Whether programs may be run; never when left out. */
  config?: () => Pick<Config, "alerting">;
  /** Where messages are found that may be changed. */
  state?: { outbox: Pick<OutboxRepository, "latestDelivered"> };
  /** Counts messages that lost a part of their text. */
  instruments?: Pick<Instruments, "shortened">;
}

/** A channel with the integration that it was made of. */
export interface ConfiguredChannel extends ChannelEntry {
  receiver: string;
  integration: IntegrationConfig;
}

/** @throws FleetlightError `secret_file` with the path and what is wrong. */
export async function readSecretFile(path: string): Promise<string> {
  try {
    const text = await readFile(path, "utf8");
    if (text.length > MAX_SECRET_BYTES) throw new Error(`larger than ${MAX_SECRET_BYTES} bytes`);
    return text.trim();
  } catch (error) {
    throw new FleetlightError(
      "secret_file",
      502,
      `unable to read ${path}: ${describeError(error)}`,
      { retryable: true },
    );
  }
}

/** The channels of one configuration. */
export class ChannelSet {
  readonly config: AlertmanagerConfig;
  readonly externalUrl: string;
  private readonly byName = new Map<string, ConfiguredChannel>();
  private readonly byReceiver = new Map<string, ConfiguredChannel[]>();
  private readonly clients: JobClient[] = [];
  private readonly instruments: ChannelSetOptions["instruments"];

  constructor(config: AlertmanagerConfig, externalUrl: string, options: ChannelSetOptions) {
    this.config = config;
    this.externalUrl = externalUrl;
    const { outbound, policy, now, logger, state } = options;
    this.instruments = options.instruments;
    const context: Omit<ChannelContext, "receiver"> = {
      outbound,
      client: (http) => {
        if (http === undefined) return outbound;
        const client = new JobClient(http, {
          shared: outbound,
          policy,
          monotonicMs: () => performance.now(),
        });
        this.clients.push(client);
        return client;
      },
      now,
      templates: createTemplates(config.templates, { now }),
      externalUrl,
      logger,
      readSecretFile,
      allowExec: options.config?.().alerting.exec.enabled === true,
      latestReference: async ({ tenant, groupKey }, channel) =>
        await state?.outbox.latestDelivered(tenant, groupKey, channel),
    };
    for (const receiver of config.receivers) this.add(receiver, context);
  }

  get(name: string): ConfiguredChannel | undefined {
    return this.byName.get(name);
  }

  /** In the order of the file; undefined for a receiver that there is not. */
  of(receiver: string): readonly ConfiguredChannel[] | undefined {
    return this.byReceiver.get(receiver);
  }

  all(): Iterable<ConfiguredChannel> {
    return this.byName.values();
  }

  /** Outbound connections have another policy. */
  reconfigure(): void {
    for (const client of this.clients) client.reconfigure();
  }

  /** Another configuration is in force; what is under way may end. */
  retire(): void {
    setTimeout(() => void this.close(), FORMER_MS).unref();
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.clients.map((client) => client.close()),
      ...[...this.byName.values()].map(({ channel }) => channel.close?.()),
    ]);
  }

  private add(receiver: ReceiverConfig, context: Omit<ChannelContext, "receiver">): void {
    const made: ConfiguredChannel[] = [];
    for (const integration of receiver.integrations) {
      const [channel] = createChannels(
        { ...receiver, integrations: [integration] },
        {
          ...context,
          shortened: () => this.instruments?.shortened.inc({ kind: integration.kind }),
        },
      );
      if (!channel) continue;
      const entry = {
        channel,
        receiver: receiver.name,
        integration,
        ratePerMinute: integration.config.rate_limit_per_minute,
        fallbackReceiver: integration.config.fallback_receiver,
      };
      made.push(entry);
      this.byName.set(channel.name, entry);
    }
    this.byReceiver.set(receiver.name, made);
  }
}
