import type { Activity, ActivityKind } from "#store";

/** Something that has begun and not ended, of an agent that was heard of lately. */
export interface OpenActivity {
  kind: ActivityKind;
  agent: string;
  workflow: string;
  /** Of a conflict. */
  type: string;
  startUs: number;
}

export interface Known {
  firstMs: number;
  lastMs: number;
}

/** What is known of agents before the tables know it. */
export interface RecentActivities {
  /** Activities that ended from then on and perhaps more, each span once; undefined when some of them are not in memory. */
  since(tenant: string, startMs: number): readonly Activity[] | undefined;
  /** Resolves when the tables have all that there is. */
  flush(): Promise<void>;
  open(tenant: string): readonly OpenActivity[];
  /** Every agent that was ever heard of, up to a limit. */
  known(tenant: string): Promise<ReadonlyMap<string, Known>>;
  /** Agents most of whose latest tasks failed. */
  failing(tenant: string): ReadonlySet<string>;
}
