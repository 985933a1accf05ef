import { conflict, isoTime, limitReached, notFound, type Now } from "#lib";
import type { OnCallDocuments, OnCallKind, OnCallRepository, StoredOnCall } from "#store";

import { withFormerSecrets } from "./policy-view.ts";
import { checkEntity, referencesOf, type Reference } from "./references.ts";

/** Entities of one kind, per tenant. */
const MAX_ENTITIES = 2000;

const NAMES: Record<OnCallKind, string> = {
  person: "person",
  team: "team",
  schedule: "schedule",
  policy: "escalation policy",
};

/** The part of the configuration that has entities. */
export type ConfiguredEntities = { [K in OnCallKind]: readonly OnCallDocuments[K][] };

/** An entity with where it is from. */
export interface Entity<K extends OnCallKind = OnCallKind> {
  document: OnCallDocuments[K];
  origin: "api" | "config";
  createdAtMs: number;
  updatedAtMs: number;
}

/** The stamps that every entity is shown with. */
export const stampsOf = ({ origin, createdAtMs, updatedAtMs }: Entity) => ({
  origin,
  created_at: isoTime(createdAtMs),
  updated_at: isoTime(updatedAtMs),
});

interface DirectoryOptions {
  repository: OnCallRepository;
  configured: () => ConfiguredEntities;
  receivers: () => readonly string[];
  now: Now;
}

/**
 * People, teams, schedules and policies: those of the configuration, which every tenant has and which win, and those
 * that were made through the API. Changes are durable when their promise resolves.
 */
export class Directory {
  private readonly options: DirectoryOptions;
  private readonly made = new Map<string, StoredOnCall>();
  private readonly startedMs: number;

  constructor(options: DirectoryOptions) {
    this.options = options;
    this.startedMs = options.now();
  }

  async load(): Promise<void> {
    for (const stored of await this.options.repository.list())
      this.made.set(this.key(stored.tenant, stored.kind, stored.document.id), stored);
  }

  /** By id. */
  list<K extends OnCallKind>(tenant: string, kind: K): Entity<K>[] {
    const found = new Map<string, Entity<K>>();
    for (const stored of this.made.values()) {
      if (stored.tenant !== tenant || stored.kind !== kind) continue;
      const document = stored.document as OnCallDocuments[K];
      found.set(document.id, { ...stored, document, origin: "api" });
    }
    for (const document of this.options.configured()[kind])
      found.set(document.id, this.fromConfig(document));
    return [...found.values()].toSorted((a, b) => (a.document.id < b.document.id ? -1 : 1));
  }

  find<K extends OnCallKind>(tenant: string, kind: K, id: string): Entity<K> | undefined {
    const configured = this.options.configured()[kind].find((one) => one.id === id);
    if (configured !== undefined) return this.fromConfig(configured);
    const stored = this.made.get(this.key(tenant, kind, id));
    return stored && { ...stored, document: stored.document as OnCallDocuments[K], origin: "api" };
  }

  /** @throws FleetlightError `not_found`. */
  get<K extends OnCallKind>(tenant: string, kind: K, id: string): Entity<K> {
    const found = this.find(tenant, kind, id);
    if (found === undefined) throw notFound(NAMES[kind], id);
    return found;
  }

  /** @throws FleetlightError `conflict` when there is one with this id, `bad_request`, or `limit_reached`. */
  async create<K extends OnCallKind>(
    tenant: string,
    kind: K,
    document: OnCallDocuments[K],
  ): Promise<Entity<K>> {
    if (this.find(tenant, kind, document.id) !== undefined)
      throw conflict(
        `there is a ${NAMES[kind]} ${JSON.stringify(document.id)} already; PUT changes it`,
      );
    if (this.list(tenant, kind).length >= MAX_ENTITIES)
      throw limitReached(NAMES[kind], `a tenant has at most ${MAX_ENTITIES} of each kind`);
    return this.write(tenant, kind, document, undefined);
  }

  /** @throws FleetlightError `not_found`, `conflict` when it is from the configuration, or `bad_request`. */
  async replace<K extends OnCallKind>(
    tenant: string,
    kind: K,
    document: OnCallDocuments[K],
  ): Promise<Entity<K>> {
    const former = this.get(tenant, kind, document.id);
    this.refuseConfigured(kind, former);
    return this.write(tenant, kind, document, former);
  }

  /** @throws FleetlightError `not_found`, or `conflict` when something else names it. */
  async remove(tenant: string, kind: OnCallKind, id: string): Promise<void> {
    this.refuseConfigured(kind, this.get(tenant, kind, id));
    const users = this.usersOf(tenant, kind, id);
    if (users.length > 0)
      throw conflict(
        `${NAMES[kind]} ${JSON.stringify(id)} is named by ${users.slice(0, 5).join(", ")}; change that first`,
      );
    await this.options.repository.remove(tenant, kind, id);
    this.made.delete(this.key(tenant, kind, id));
  }

  /** Whether what a reference names is there. */
  isKnown(tenant: string, { kind, id }: Reference): boolean {
    if (kind === "receiver") return this.options.receivers().includes(id);
    return this.find(tenant, kind, id) !== undefined;
  }

  private async write<K extends OnCallKind>(
    tenant: string,
    kind: K,
    document: OnCallDocuments[K],
    former: Entity<K> | undefined,
  ): Promise<Entity<K>> {
    const whole =
      kind === "policy"
        ? (withFormerSecrets(
            document as OnCallDocuments["policy"],
            former?.document as OnCallDocuments["policy"] | undefined,
          ) as OnCallDocuments[K])
        : document;
    checkEntity(kind, whole, (reference) => this.isKnown(tenant, reference));
    const nowMs = this.options.now();
    const stored: StoredOnCall<K> = {
      tenant,
      kind,
      document: whole,
      createdAtMs: former?.createdAtMs ?? nowMs,
      updatedAtMs: nowMs,
    };
    await this.options.repository.put(stored as StoredOnCall);
    this.made.set(this.key(tenant, kind, whole.id), stored as StoredOnCall);
    return { ...stored, origin: "api" };
  }

  private usersOf(tenant: string, kind: OnCallKind, id: string): string[] {
    return (["person", "team", "schedule", "policy"] as const).flatMap((user) =>
      this.list(tenant, user)
        .filter(({ document }) =>
          referencesOf(user, document).some((one) => one.kind === kind && one.id === id),
        )
        .map(({ document }) => `${NAMES[user]} ${JSON.stringify(document.id)}`),
    );
  }

  private refuseConfigured(kind: OnCallKind, { origin, document }: Entity): void {
    if (origin === "config")
      throw conflict(
        `${NAMES[kind]} ${JSON.stringify(document.id)} is in the configuration file; change it there`,
      );
  }

  private fromConfig<K extends OnCallKind>(document: OnCallDocuments[K]): Entity<K> {
    return {
      document,
      origin: "config",
      createdAtMs: this.startedMs,
      updatedAtMs: this.startedMs,
    };
  }

  private key(tenant: string, kind: OnCallKind, id: string): string {
    return `${tenant}\n${kind}\n${id}`;
  }
}
