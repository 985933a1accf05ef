import { randomUUID } from "node:crypto";

import { badRequest, limitReached, notFound, type Matcher, type Now } from "#lib";
import type { SilenceRepository } from "#store";

import type {
  Silence,
  SilenceInput,
  SilenceMatcher,
  Silences,
  SilenceState,
  SilenceView,
} from "../alertmanager.ts";
import type { PipelineAlert } from "../types.ts";
import { checkSilence, readMatchers } from "./validate.ts";

/** Silences of one tenant that are kept, expired ones included. */
const MAX_SILENCES = 10_000;

/** Timers of Node overflow far above this; a silence that begins later is looked at again. */
const MAX_TIMER_MS = 3_600_000;

interface SilenceBookOptions {
  repository: SilenceRepository;
  now: Now;
  /** How long expired silences are kept. */
  retentionMs: () => number;
  onChange: (tenant: string, silence: SilenceView) => void;
  alerts: (tenant: string) => Iterable<PipelineAlert>;
}

interface Held {
  silence: Silence;
  matchers: readonly Matcher[];
}

/** What a silence looked like for an alert, and when that was found. */
interface Seen {
  version: number;
  ids: readonly string[];
}

const stateOf = ({ startsAtMs, endsAtMs }: Silence, nowMs: number): SilenceState =>
  nowMs < startsAtMs ? "pending" : nowMs >= endsAtMs ? "expired" : "active";

const sameMatchers = (a: readonly SilenceMatcher[], b: readonly SilenceMatcher[]): boolean =>
  a.length === b.length &&
  a.every(
    ({ name, operator, value }, index) =>
      b[index]?.name === name && b[index].operator === operator && b[index].value === value,
  );

/** Whether a change leaves what was silenced until now as it was. */
function canUpdate(former: Silence, next: Silence, nowMs: number): boolean {
  if (!sameMatchers(former.matchers, next.matchers)) return false;
  const state = stateOf(former, nowMs);
  if (state === "active") return next.startsAtMs === former.startsAtMs && next.endsAtMs >= nowMs;
  return state === "pending" && next.startsAtMs >= nowMs;
}

const ORDER: Record<SilenceState, number> = { active: 1, pending: 2, expired: 3 };

/** As upstream lists them: active ones by end, pending ones by start, expired ones by end, the latest first. */
function compare(a: SilenceView, b: SilenceView): number {
  if (a.state !== b.state) return ORDER[a.state] - ORDER[b.state];
  if (a.state === "active") return a.endsAtMs - b.endsAtMs;
  return a.state === "pending" ? a.startsAtMs - b.startsAtMs : b.endsAtMs - a.endsAtMs;
}

/** All silences in memory; the state store has them too. */
export class SilenceBook implements Silences {
  private readonly options: SilenceBookOptions;
  private readonly tenants = new Map<string, Map<string, Held>>();
  private readonly seen = new WeakMap<object, Seen>();
  /** Grows with every change, and when one begins or ends. */
  private version = 0;
  private timer: NodeJS.Timeout | undefined;
  private changing: Promise<unknown> = Promise.resolve();

  constructor(options: SilenceBookOptions) {
    this.options = options;
  }

  async load(): Promise<void> {
    await this.prune();
    for (const silence of await this.options.repository.list()) this.hold(silence);
    this.schedule();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  list(tenant: string, filter: { matchers?: readonly Matcher[] | undefined } = {}): SilenceView[] {
    const { matchers = [] } = filter;
    // Upstream's filter asks about the silence's own matchers, taken for labels.
    const isWanted = ({ silence }: Held): boolean =>
      matchers.every((wanted) => {
        const values = silence.matchers.filter(({ name }) => name === wanted.name);
        return values.length === 0
          ? wanted.test("")
          : values.some(({ value }) => wanted.test(value));
      });
    const found = [...(this.tenants.get(tenant)?.values() ?? [])].filter(isWanted);
    return found.map(({ silence }) => this.view(silence)).toSorted(compare);
  }

  get(tenant: string, id: string): SilenceView | undefined {
    const held = this.tenants.get(tenant)?.get(id);
    return held && this.view(held.silence);
  }

  set(
    tenant: string,
    input: SilenceInput,
    { confirmed = false }: { confirmed?: boolean } = {},
  ): Promise<SilenceView> {
    return this.inTurn(async () => {
      const nowMs = this.options.now();
      const { id, ...rest } = input;
      const wanted: Silence = { ...rest, tenant, id: id ?? "", updatedAtMs: nowMs };
      const former = id === undefined || id === "" ? undefined : this.get(tenant, id);
      if (id !== undefined && id !== "" && !former) throw notFound("silence", id);
      checkSilence(input, { nowMs, confirmed });
      if (former && canUpdate(former, wanted, nowMs)) return this.write([wanted]);
      this.checkRoom(tenant);
      const replaced = former && former.state !== "expired" ? [this.ended(former, nowMs)] : [];
      const startsAtMs = Math.max(wanted.startsAtMs, nowMs);
      return this.write([...replaced, { ...wanted, id: randomUUID(), startsAtMs }]);
    });
  }

  expire(tenant: string, id: string): Promise<SilenceView> {
    return this.inTurn(async () => {
      const nowMs = this.options.now();
      const former = this.get(tenant, id);
      if (!former) throw notFound("silence", id);
      if (former.state === "expired") throw badRequest(`silence ${id} already expired`);
      return this.write([this.ended(former, nowMs)]);
    });
  }

  matching(tenant: string, labels: Readonly<Record<string, string>>): SilenceView[] {
    return this.idsFor(tenant, labels).flatMap((id) => this.get(tenant, id) ?? []);
  }

  preview(tenant: string, matchers: readonly SilenceMatcher[]): PipelineAlert[] {
    const tests = readMatchers(matchers);
    const isMatch = ({ labels }: PipelineAlert): boolean =>
      tests.every((matcher) => matcher.test(labels[matcher.name] ?? ""));
    return [...this.options.alerts(tenant)].filter(isMatch);
  }

  /** Ids of active silences for a label set; remembered for the object until a silence changes, begins or ends. */
  idsFor(tenant: string, labels: Readonly<Record<string, string>>): readonly string[] {
    const known = this.seen.get(labels);
    if (known?.version === this.version) return known.ids;
    const nowMs = this.options.now();
    const ids: string[] = [];
    for (const { silence, matchers } of this.tenants.get(tenant)?.values() ?? []) {
      if (stateOf(silence, nowMs) !== "active") continue;
      if (matchers.every((matcher) => matcher.test(labels[matcher.name] ?? "")))
        ids.push(silence.id);
    }
    this.seen.set(labels, { version: this.version, ids });
    return ids;
  }

  /** How many there are in each state, of all tenants. */
  counts(): Record<SilenceState, number> {
    const counts = { active: 0, pending: 0, expired: 0 };
    const nowMs = this.options.now();
    for (const held of this.tenants.values()) {
      for (const { silence } of held.values()) counts[stateOf(silence, nowMs)]++;
    }
    return counts;
  }

  /** Forgets what expired longer ago than is kept. */
  async prune(): Promise<void> {
    const oldestMs = this.options.now() - this.options.retentionMs();
    await this.options.repository.prune(oldestMs);
    for (const [tenant, held] of this.tenants) {
      for (const [id, { silence }] of held) if (silence.endsAtMs < oldestMs) held.delete(id);
      if (held.size === 0) this.tenants.delete(tenant);
    }
  }

  /** One change after the other: each looks at what the former one left. */
  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.changing.then(change);
    this.changing = result.catch(() => undefined);
    return result;
  }

  private view = (silence: Silence): SilenceView => ({
    ...silence,
    state: stateOf(silence, this.options.now()),
  });

  private ended({ state, ...silence }: SilenceView, nowMs: number): Silence {
    const startsAtMs = state === "pending" ? nowMs : silence.startsAtMs;
    return { ...silence, startsAtMs, endsAtMs: nowMs, updatedAtMs: nowMs };
  }

  private checkRoom(tenant: string): void {
    if ((this.tenants.get(tenant)?.size ?? 0) >= MAX_SILENCES)
      throw limitReached("silences", `a tenant has at most ${MAX_SILENCES} silences`);
  }

  /** @returns the last one as it is now. */
  private async write(silences: readonly Silence[]): Promise<SilenceView> {
    await this.options.repository.put(silences);
    for (const silence of silences) this.hold(silence);
    this.version++;
    this.schedule();
    const views = silences.map((silence) => this.view(silence));
    for (const view of views) this.options.onChange(view.tenant, view);
    return views.at(-1) as SilenceView;
  }

  private hold(silence: Silence): void {
    const held = this.tenants.get(silence.tenant) ?? new Map<string, Held>();
    this.tenants.set(silence.tenant, held);
    held.set(silence.id, { silence, matchers: readMatchers(silence.matchers) });
  }

  /** What was remembered is wrong from the moment on at which the next silence begins or ends. */
  private schedule(): void {
    clearTimeout(this.timer);
    const nowMs = this.options.now();
    let nextMs = nowMs + MAX_TIMER_MS;
    for (const held of this.tenants.values()) {
      for (const { silence } of held.values()) {
        if (silence.startsAtMs > nowMs) nextMs = Math.min(nextMs, silence.startsAtMs);
        else if (silence.endsAtMs > nowMs) nextMs = Math.min(nextMs, silence.endsAtMs);
      }
    }
    this.timer = setTimeout(() => this.turn(), Math.max(1, nextMs - nowMs)).unref();
  }

  private turn(): void {
    this.version++;
    this.schedule();
  }
}
