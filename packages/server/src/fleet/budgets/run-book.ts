import type { TraceUpdate } from "../live/index.ts";
import type { RunFacts } from "./spend.ts";

/** Runs whose names are remembered; those without news for longest are forgotten first. */
const MAX_RUNS = 10_000;

/** What runs belong to, so that one who asks with nothing but the trace's id is known. */
export class RunBook {
  private readonly runs = new Map<string, RunFacts>();

  hear({ tenant, traceId, analysis, fresh }: TraceUpdate): RunFacts {
    const key = `${tenant} ${traceId}`;
    const known = this.runs.get(key);
    const facts: RunFacts = {
      conversation: analysis.conversation,
      workflow: analysis.workflow,
      user: known?.user || (fresh.find(({ user }) => user !== "")?.user ?? ""),
    };
    this.runs.delete(key);
    this.runs.set(key, facts);
    if (this.runs.size > MAX_RUNS) this.forgetOldest();
    return facts;
  }

  of(tenant: string, traceId: string): RunFacts | undefined {
    return this.runs.get(`${tenant} ${traceId}`);
  }

  private forgetOldest(): void {
    for (const oldest of this.runs.keys()) {
      this.runs.delete(oldest);
      return;
    }
  }
}
