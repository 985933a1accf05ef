import type { EscalationStep } from "@fleetlight/contract";
import {
  describeError,
  formatDuration,
  parseDuration,
  severityRank,
  type Logger,
  type Outbound,
} from "#lib";
import type { StoredEscalation } from "#store";

import type { Alertmanager } from "../alertmanager.ts";
import { choosePolicy, holdsAt, shownUrl, zoneOf, type Directory } from "../oncall/index.ts";
import { AudienceFinder, type AudienceOptions, type Told } from "./audience.ts";
import type { ChangeLog } from "./change-log.ts";
import { activeMembers, type LiveIncident } from "./live.ts";
import { makeNotification } from "./notifications.ts";
import { webhookBody } from "./webhook-body.ts";

/** Steps of one incident that are done without a pause; a policy has fewer. */
const MAX_STEPS_AT_ONCE = 60;

/** A step that could not be done is done again after ever longer pauses. */
const RETRY_MS = [1000, 5000, 15_000, 60_000] as const;
/** Attempts to post to the URL of a step; notifications are never given up here, because the outbox takes them. */
const MAX_WEBHOOK_ATTEMPTS = 5;
const WEBHOOK_TIMEOUT_MS = 10_000;

/** A wait that ended longer ago, because the server was away, ends now: what follows must not come all at once. */
const MAX_LATE_MS = 60_000;

/** How often an incident that is held back is looked at. */
const HELD_MS = 5000;

/** Ways that are remembered to be told of the end. */
const MAX_TOLD = 100;

export interface EscalatorOptions extends AudienceOptions {
  alerts: Pick<Alertmanager, "explainRoute" | "channels" | "enqueue">;
  directory: Directory;
  config: () => { enabled: boolean; defaults: { critical: number; high: number } };
  outbound: Pick<Outbound, "request">;
  externalUrl: () => string;
  log: ChangeLog;
  logger: Logger;
  /** The step `resolve`. */
  resolve: (live: LiveIncident, by: string, nowMs: number) => void;
}

type StepOf<T extends EscalationStep["type"]> = Extract<EscalationStep, { type: T }>;

/** What became of a step: it is done, the policy ends here, or it has to be tried again. */
type Outcome = { kind: "done" } | { kind: "finish"; reason: string } | { kind: "retry" };

const DONE: Outcome = { kind: "done" };

const labelsOf = (live: LiveIncident): Readonly<Record<string, string>> => {
  const [worst] = activeMembers(live).toSorted(
    (a, b) => severityRank(b.severity) - severityRank(a.severity),
  );
  const { severity, services } = live.record;
  return (
    worst?.labels ?? { severity, ...(services[0] === undefined ? {} : { service: services[0] }) }
  );
};

/** When the step that comes next is due. */
function dueMs({ steps, step, readyAtMs }: StoredEscalation): number {
  const next = steps[step];
  return next?.type === "wait" ? readyAtMs + parseDuration(next.duration) : readyAtMs;
}

/**
 * Runs escalation policies. Everything that a run needs to go on is in the incident's record; a step that was under way
 * when the process died is done again, and its notifications are recognised by their ids.
 */
export class Escalator {
  private readonly options: EscalatorOptions;
  private readonly audience: AudienceFinder;

  constructor(options: EscalatorOptions) {
    this.options = options;
    this.audience = new AudienceFinder(options);
  }

  /** An incident is triggered, again or worse than before: its policy begins, unless it is under way. */
  begin(live: LiveIncident, nowMs: number): void {
    const { directory, config, log } = this.options;
    const { record } = live;
    const { enabled, defaults } = config();
    if (!enabled) return;
    const policies = directory.list(record.tenant, "policy").map(({ document }) => document);
    const chosen = choosePolicy(policies, labelsOf(live), record.severity, defaults);
    if (chosen.steps.length === 0) return;
    const former = record.escalation;
    const isUnderWay = former?.status === "waiting" || former?.status === "held";
    if (isUnderWay && former.policy === chosen.policy && former.name === chosen.name) {
      // The default of a severity that got worse is the quicker one.
      if (chosen.policy !== null || former.status === "held") return;
    }
    record.escalation = {
      policy: chosen.policy,
      name: chosen.name,
      steps: chosen.steps,
      status: "waiting",
      reason: "",
      step: 0,
      round: 1,
      run: (former?.run ?? 0) + 1,
      startedAtMs: nowMs,
      readyAtMs: nowMs,
      nextAtMs: nowMs,
      attempts: 0,
      later: [],
      told: former?.told ?? [],
    };
    record.escalation.nextAtMs = dueMs(record.escalation);
    this.say(live, `Escalation ${chosen.name} begins: ${chosen.reason}`, nowMs);
    log.incident(record, nowMs);
  }

  /** The incident is acknowledged or resolved, or somebody ended it. */
  stop(live: LiveIncident, reason: string, nowMs: number): void {
    const run = live.record.escalation;
    if (run === null) return;
    if (live.record.status === "resolved") this.tellTheEnd(live, run, nowMs);
    if (run.status !== "waiting" && run.status !== "held") return;
    this.end(live, run, "stopped", reason, nowMs);
  }

  /** Whether something is to be done now. */
  isDue({ record, isBusy }: LiveIncident, nowMs: number): boolean {
    const run = record.escalation;
    if (isBusy || run === null || record.status !== "triggered") return false;
    return (
      ((run.status === "waiting" || run.status === "held") &&
        (run.nextAtMs ?? Infinity) <= nowMs) ||
      run.later.some(({ atMs }) => atMs <= nowMs)
    );
  }

  /** Does what is due. Never rejects. */
  async advance(live: LiveIncident, nowMs: number): Promise<void> {
    live.isBusy = true;
    try {
      for (let count = 0; count < MAX_STEPS_AT_ONCE; count++) {
        const run = live.record.escalation;
        live.isBusy = false;
        if (run === null || !this.isDue(live, nowMs)) return;
        live.isBusy = true;
        if (this.isHeld(live, run, nowMs)) return;
        await this.tellLater(live, run, nowMs);
        if (run.status === "waiting" && (run.nextAtMs ?? Infinity) <= nowMs)
          await this.doStep(live, run, nowMs);
      }
    } finally {
      live.isBusy = false;
    }
  }

  private isHeld(live: LiveIncident, run: StoredEscalation, nowMs: number): boolean {
    if (live.suppressedBy.length > 0) {
      run.reason = `nobody is told now because of ${live.suppressedBy.join(", ")}`;
      run.nextAtMs = nowMs + HELD_MS;
      if (run.status !== "held")
        this.say(live, `Escalation ${run.name} is held: ${run.reason}`, nowMs);
      run.status = "held";
      this.options.log.incident(live.record, nowMs);
      return true;
    }
    if (run.status !== "held") return false;
    // Whoever comes back from maintenance to an alert that still fires has the whole time again.
    run.status = "stopped";
    this.begin(live, nowMs);
    return true;
  }

  private async doStep(live: LiveIncident, run: StoredEscalation, nowMs: number): Promise<void> {
    const step = run.steps[run.step];
    if (step === undefined) return this.end(live, run, "finished", "every step is done", nowMs);
    let outcome: Outcome;
    try {
      outcome = await this.perform(live, run, step, nowMs);
    } catch (error) {
      this.options.logger.warn(
        { incident: live.record.id, error: describeError(error) },
        "a step of an escalation failed and is tried again",
      );
      outcome = { kind: "retry" };
    }
    // Somebody may have acknowledged or resolved it meanwhile.
    if (live.record.escalation !== run || run.status !== "waiting") return;
    if (outcome.kind === "finish") return this.end(live, run, "finished", outcome.reason, nowMs);
    if (outcome.kind === "retry") {
      const pauseMs = RETRY_MS[Math.min(run.attempts, RETRY_MS.length - 1)] ?? 0;
      run.attempts++;
      run.nextAtMs = nowMs + pauseMs;
    } else if (step.type !== "repeat") this.next(run, step, nowMs);
    this.options.log.incident(live.record, nowMs);
  }

  private next(run: StoredEscalation, step: EscalationStep, nowMs: number): void {
    const dueAtMs = dueMs(run);
    const isPunctual = step.type === "wait" && nowMs - dueAtMs <= MAX_LATE_MS;
    run.readyAtMs = isPunctual ? dueAtMs : nowMs;
    run.attempts = 0;
    run.step++;
    run.nextAtMs = dueMs(run);
  }

  private perform(
    live: LiveIncident,
    run: StoredEscalation,
    step: EscalationStep,
    nowMs: number,
  ): Outcome | Promise<Outcome> {
    switch (step.type) {
      case "wait":
        return DONE;
      case "notify_person":
      case "notify_team":
      case "notify_schedule":
      case "notify_channel":
        return this.notify(live, run, step, nowMs);
      case "webhook":
        return this.post(live, run, step, nowMs);
      case "only_if_time":
        if (holdsAt(step.hours, zoneOf(step.time_zone), nowMs)) return DONE;
        return { kind: "finish", reason: `step ${run.step + 1}: it is not one of the hours` };
      case "only_if_count":
        return this.count(live, run, step, nowMs);
      case "repeat":
        return this.repeat(live, run, step, nowMs);
      case "resolve":
        this.options.resolve(live, `escalation ${run.name}`, nowMs);
        return DONE;
    }
  }

  private async notify(
    live: LiveIncident,
    run: StoredEscalation,
    step: Parameters<AudienceFinder["of"]>[1],
    nowMs: number,
  ): Promise<Outcome> {
    const { told, later, words } = this.audience.of(live, step, nowMs);
    await this.send(live, run, told, `${run.run}/${run.round}/${run.step}`, nowMs);
    run.later = [
      ...run.later,
      ...later.map(({ person, method, afterMs }) => ({
        atMs: nowMs + afterMs,
        person,
        method,
        key: `${run.run}/${run.round}/${run.step}/later`,
      })),
    ];
    this.say(live, `Step ${run.step + 1}: ${words.join("; ")}`, nowMs);
    return DONE;
  }

  private async send(
    live: LiveIncident,
    run: StoredEscalation,
    told: readonly Told[],
    key: string,
    nowMs: number,
  ): Promise<void> {
    if (told.length === 0) return;
    const { alerts, externalUrl } = this.options;
    const waitedMs = nowMs - live.record.triggeredAtMs;
    const occasion = {
      key,
      status: "firing" as const,
      mark: `escalated: nobody acknowledged it for ${formatDuration(Math.round(waitedMs / 1000) * 1000)}`,
      externalUrl: externalUrl(),
      nowMs,
    };
    await alerts.enqueue(told.map((one) => makeNotification(live, one.members, one, occasion)));
    const personal = told.filter(({ receiver }) => receiver.startsWith("person:"));
    const known = new Set(run.told.map((one) => `${one.receiver}\n${one.integration}`));
    run.told = [
      ...run.told,
      ...personal
        .filter((one) => !known.has(`${one.receiver}\n${one.integration}`))
        .map(({ receiver, integration }) => ({ receiver, integration })),
    ].slice(-MAX_TOLD);
  }

  /** Further ways to reach people whose time has come. */
  private async tellLater(live: LiveIncident, run: StoredEscalation, nowMs: number): Promise<void> {
    const due = run.later.filter(({ atMs }) => atMs <= nowMs);
    if (due.length === 0) return;
    try {
      for (const { person, method, key } of due) {
        const told = this.audience.personal(live, person, method);
        await this.send(live, run, told, `${key}/${method}`, nowMs);
        const name = this.options.directory.find(live.record.tenant, "person", person);
        this.say(live, `${name?.document.name ?? person} is told by a further way`, nowMs);
      }
      run.later = run.later.filter((one) => !due.includes(one));
    } catch (error) {
      this.options.logger.warn({ error: describeError(error) }, "a further way is tried again");
      run.later = run.later.map((one) =>
        due.includes(one) ? { ...one, atMs: nowMs + RETRY_MS[1] } : one,
      );
    }
    this.options.log.incident(live.record, nowMs);
  }

  private async post(
    live: LiveIncident,
    run: StoredEscalation,
    { url }: StepOf<"webhook">,
    nowMs: number,
  ): Promise<Outcome> {
    const { record } = live;
    const where = shownUrl(url);
    const failed = (why: string, isLast: boolean): Outcome => {
      if (!isLast && run.attempts + 1 < MAX_WEBHOOK_ATTEMPTS) return { kind: "retry" };
      this.say(live, `Step ${run.step + 1}: ${where} was not reached: ${why}`, nowMs);
      return DONE;
    };
    try {
      const { status } = await this.options.outbound.request(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "idempotency-key": `${record.id}/${run.run}/${run.round}/${run.step}`,
        },
        body: JSON.stringify(webhookBody(live, run, this.options.externalUrl(), nowMs)),
        timeoutMs: WEBHOOK_TIMEOUT_MS,
        maxBodyBytes: 65_536,
        truncateBody: true,
      });
      if (status >= 200 && status < 300) {
        this.say(live, `Step ${run.step + 1}: posted to ${where}`, nowMs);
        return DONE;
      }
      const isLast = status < 500 && status !== 408 && status !== 425 && status !== 429;
      return failed(`it answered ${status}`, isLast);
    } catch (error) {
      return failed(describeError(error), false);
    }
  }

  private count(
    live: LiveIncident,
    run: StoredEscalation,
    { count, window }: StepOf<"only_if_count">,
    nowMs: number,
  ): Outcome {
    const sinceMs = window === undefined ? 0 : nowMs - parseDuration(window);
    const found =
      window === undefined
        ? live.active
        : [...live.members.values()].filter(({ startedAtMs }) => startedAtMs >= sinceMs).length;
    if (found >= count) return DONE;
    return {
      kind: "finish",
      reason: `step ${run.step + 1}: ${found} alerts are fewer than ${count}`,
    };
  }

  private repeat(
    live: LiveIncident,
    run: StoredEscalation,
    { times }: StepOf<"repeat">,
    nowMs: number,
  ): Outcome {
    if (run.round > times) return { kind: "finish", reason: `it was repeated ${times} times` };
    run.round++;
    run.step = 0;
    run.readyAtMs = nowMs;
    run.attempts = 0;
    run.nextAtMs = dueMs(run);
    this.say(live, `Escalation ${run.name} begins again, round ${run.round}`, nowMs);
    return DONE;
  }

  /** People that were told directly also hear that it is over; groups of alerts tell their receivers themselves. */
  private tellTheEnd(live: LiveIncident, run: StoredEscalation, nowMs: number): void {
    if (run.told.length === 0) return;
    const occasion = {
      key: `${run.run}/resolved`,
      status: "resolved" as const,
      mark: "resolved",
      externalUrl: this.options.externalUrl(),
      nowMs,
    };
    const members = [...live.members.values()];
    const groupKey = `incident:${live.record.id}`;
    const { tenant } = live.record;
    const notifications = run.told
      .filter(
        (one) => this.options.personal.find(tenant, one.receiver, one.integration)?.sendResolved,
      )
      .map((one) =>
        makeNotification(live, members, { ...one, groupKey, groupLabels: {} }, occasion),
      );
    run.told = [];
    this.options.alerts.enqueue(notifications).catch((error: unknown) => {
      this.options.logger.warn({ error: describeError(error) }, "people did not hear of an end");
    });
  }

  private end(
    live: LiveIncident,
    run: StoredEscalation,
    status: "stopped" | "finished",
    reason: string,
    nowMs: number,
  ): void {
    run.status = status;
    run.reason = reason;
    run.nextAtMs = null;
    if (status === "stopped") run.later = [];
    this.say(
      live,
      `Escalation ${run.name} has ${status === "stopped" ? "stopped" : "ended"}: ${reason}`,
      nowMs,
    );
    this.options.log.incident(live.record, nowMs);
  }

  private say({ record }: LiveIncident, text: string, nowMs: number): void {
    this.options.log.entry(record, { kind: "escalation", text }, nowMs);
  }
}
