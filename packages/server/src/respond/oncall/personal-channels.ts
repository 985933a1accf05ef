import type { AlertmanagerConfig, IntegrationConfig, ReceiverConfig } from "#config";

import type { NotificationChannel } from "../types.ts";
import type { Directory } from "./directory.ts";

/** Channels that are kept made; each may hold connections. */
const MAX_CHANNELS = 500;

/** Stands before a person's id where others have the name of a receiver. */
const PERSON = "person:";

export const personReceiver = (person: string): string => `${PERSON}${person}`;

/** The field of an integration that says who is told, for kinds that have one. */
const ADDRESS_FIELDS: { readonly [K in IntegrationConfig["kind"]]?: (address: string) => object } =
  {
    email: (to) => ({ to }),
    twilio: (to) => ({ to: [to] }),
    telegram: (chat_id) => ({ chat_id, chat_id_file: undefined }),
    pushover: (user_key) => ({ user_key, user_key_file: undefined }),
    matrix: (room_id) => ({ room_id }),
    slack: (channel) => ({ channel }),
    mattermost: (channel) => ({ channel }),
  };

const nameOf = ({ kind, index }: IntegrationConfig): string => `${kind}[${index}]`;

interface PersonalChannelsOptions {
  directory: Directory;
  config: () => AlertmanagerConfig;
  /** Makes the channels of a receiver, as the pipeline does. */
  make: (receiver: ReceiverConfig) => MadeChannels;
}

interface MadeChannels {
  channels: readonly NotificationChannel[];
  close(): Promise<void>;
}

/** The ways of people: integrations of configured receivers, with the person's own address in them. */
export class PersonalChannels {
  private readonly options: PersonalChannelsOptions;
  private readonly channels = new Map<string, MadeChannels>();
  private madeFor: AlertmanagerConfig | undefined;

  constructor(options: PersonalChannelsOptions) {
    this.options = options;
  }

  /** Names that notifications to a person by one of their methods carry; none when the receiver has no such channel. */
  integrations(tenant: string, person: string, method: number): string[] {
    return this.usable(tenant, person, method).map((one) => `${method}:${nameOf(one)}`);
  }

  /** The channel of such a name; made from what is configured now, so that a repetition uses the latest address. */
  find(tenant: string, receiver: string, integration: string): NotificationChannel | undefined {
    if (!receiver.startsWith(PERSON)) return undefined;
    const [method = "", name] = integration.split(":", 2);
    const person = receiver.slice(PERSON.length);
    const found = this.usable(tenant, person, Number(method)).find((one) => nameOf(one) === name);
    return found && this.channelOf(tenant, receiver, integration, found);
  }

  async close(): Promise<void> {
    const channels = [...this.channels.values()];
    this.channels.clear();
    await Promise.all(channels.map((made) => made.close()));
  }

  private usable(tenant: string, person: string, method: number): IntegrationConfig[] {
    const contact = this.options.directory.find(tenant, "person", person)?.document.contact_methods[
      method
    ];
    if (contact === undefined) return [];
    const { integrations = [] } =
      this.options.config().receivers.find(({ name }) => name === contact.receiver) ?? {};
    const { address } = contact;
    if (address === undefined) return [...integrations];
    return integrations.flatMap((one) => {
      const field = ADDRESS_FIELDS[one.kind];
      if (field === undefined) return [];
      return { ...one, config: { ...one.config, ...field(address) } } as IntegrationConfig;
    });
  }

  private channelOf(
    tenant: string,
    receiver: string,
    integration: string,
    config: IntegrationConfig,
  ): NotificationChannel | undefined {
    const current = this.options.config();
    if (this.madeFor !== current || this.channels.size >= MAX_CHANNELS) {
      void this.close();
      this.madeFor = current;
    }
    const key = JSON.stringify([tenant, receiver, integration, config.config]);
    const made =
      this.channels.get(key) ?? this.options.make({ name: receiver, integrations: [config] });
    this.channels.set(key, made);
    return made.channels[0];
  }
}
