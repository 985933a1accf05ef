import { Button } from "@mantine/core";
import { IconBellOff, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";

import type { AmSilence } from "../../api/alertmanager.ts";
import { expireSilence, postSilence, silencesKey, silencesQuery } from "../../api/alertmanager.ts";
import { pipelineKey } from "../../api/routing.ts";
import { matcherText } from "../../format/alert-filter.ts";
import { formatDuration, formatWhen } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { Facet } from "../../ui/facet.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import { tell, tellFailure } from "../../ui/toast.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { AlertTabs } from "../alerts/AlertTabs.tsx";
import { useAlertRows } from "../alerts/use-alerts.ts";
import { QuietTabs } from "./QuietTabs.tsx";
import { silences as silencesTest, toMatcher } from "./silence-draft.ts";
import list from "./quiet-list.module.css";

const route = getRouteApi("/dashboard/alerts/silences");

const STATES = ["active", "pending", "expired"] as const;
const WORDS = { active: "Active", pending: "Not begun", expired: "Over" };
/** Silences that are over and still listed. */
const EXPIRED_SHOWN = 200;

/** Ends a silence at once; the way back makes the same one again, for the time that it had left. */
const useExpire = () => {
  const cache = useQueryClient();
  const refresh = () =>
    Promise.all([
      cache.invalidateQueries({ queryKey: silencesKey }),
      cache.invalidateQueries({ queryKey: pipelineKey }),
    ]);
  return async (silence: AmSilence) => {
    const mark = (state: AmSilence["status"]["state"]) =>
      cache.setQueryData<AmSilence[]>(silencesKey, (all) =>
        all?.map((one) => (one.id === silence.id ? { ...one, status: { state } } : one)),
      );
    mark("expired");
    try {
      await expireSilence(silence.id);
    } catch (error) {
      mark(silence.status.state);
      tellFailure("The silence was not ended", error as Error);
      return;
    }
    const { matchers, comment, createdBy, startsAt, endsAt } = silence;
    tell("The silence was ended.", () => {
      const again = { matchers, comment, createdBy, startsAt, endsAt };
      const begins = Math.max(Date.now(), Date.parse(startsAt));
      postSilence({ ...again, startsAt: new Date(begins).toISOString() }, true).then(
        refresh,
        (error: Error) => tellFailure("The silence was not made again", error),
      );
    });
    await refresh();
  };
};

const spanText = (silence: AmSilence, now: number): string => {
  const from = Date.parse(silence.startsAt);
  const to = Date.parse(silence.endsAt);
  if (silence.status.state === "pending")
    return `begins ${formatWhen(from, now)}, for ${formatDuration(to - from)}`;
  if (silence.status.state === "expired") return `ended ${formatWhen(to, now)}`;
  return `${formatDuration(to - now)} left, until ${formatWhen(to, now)}`;
};

const SilenceRow = ({
  silence,
  matched,
  onExpire,
}: {
  silence: AmSilence;
  matched: number | null;
  onExpire: () => void;
}) => {
  const now = useNow(10_000);
  const over = silence.status.state === "expired";
  return (
    <li className={list["row"]} data-over={over || undefined}>
      <div className={list["what"]}>
        <Link
          to="/dashboard/alerts/silences/$silenceId"
          params={{ silenceId: silence.id }}
          className={list["name"]}
          data-list-item
        >
          {silence.matchers.map((matcher) => matcherText(toMatcher(matcher))).join(" ")}
        </Link>
        <div className={list["detail"]}>
          {silence.createdBy}
          {silence.comment !== "" && `: ${silence.comment}`}
        </div>
      </div>
      <div className={list["figures"]}>
        <span className="num">{spanText(silence, now)}</span>
        {matched !== null && <span className="dim">{plural(matched, "alert")} now</span>}
      </div>
      <div className={list["actions"]}>
        {over ? (
          <Button
            size="compact-sm"
            variant="default"
            renderRoot={(props) => (
              <Link to="/dashboard/alerts/silences/new" search={{ from: silence.id }} {...props} />
            )}
          >
            Again
          </Button>
        ) : (
          <Button size="compact-sm" variant="default" onClick={onExpire}>
            End now
          </Button>
        )}
      </div>
    </li>
  );
};

export const NewSilenceButton = () => (
  <Button component={Link} to="/dashboard/alerts/silences/new" leftSection={<IconPlus size={16} />}>
    Silence alerts
  </Button>
);

const Nothing = ({ state }: { state: (typeof STATES)[number] }) => (
  <Empty
    icon={<IconBellOff size={30} stroke={1.5} />}
    title={
      {
        active: "Nothing is silenced",
        pending: "No silence is planned",
        expired: "No silence has ended",
      }[state]
    }
  >
    <p>
      A silence keeps quiet what has certain labels, for a while. Press <kbd>s</kbd> on an alert, or
      begin here; for what comes again every week there is maintenance. `amtool` sees them too.
    </p>
  </Empty>
);

/** What is kept quiet by hand. */
export const SilencesPage = () => {
  useListKeys();
  const { state = "active" } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(silencesQuery());
  const { rows } = useAlertRows();
  const expire = useExpire();
  const shown = useMemo(
    () =>
      (data ?? [])
        .filter(({ status }) => status.state === state)
        .toSorted((a, b) =>
          state === "expired" ? b.endsAt.localeCompare(a.endsAt) : a.endsAt.localeCompare(b.endsAt),
        )
        .slice(0, EXPIRED_SHOWN),
    [data, state],
  );
  return (
    <Page
      title="Silences"
      lead="What is kept quiet, until when, and by whom?"
      actions={<NewSilenceButton />}
    >
      <AlertTabs />
      <QuietTabs />
      <div className={table["facets"]} role="group" aria-label="State">
        {STATES.map((one) => (
          <Facet
            key={one}
            on={state === one}
            count={(data ?? []).filter(({ status }) => status.state === one).length}
            onToggle={() =>
              void navigate({ search: one === "active" ? {} : { state: one }, replace: true })
            }
          >
            {WORDS[one]}
          </Facet>
        ))}
      </div>
      <div className={list["sheet"]}>
        {error !== null && data === undefined && (
          <Failure what="The silences could not be loaded" error={error} />
        )}
        {data === undefined && error === null && <SkeletonRows rows={4} height={60} />}
        {data !== undefined && shown.length === 0 && <Nothing state={state} />}
        <ul aria-label={`Silences: ${WORDS[state]}`}>
          {shown.map((silence) => {
            const test = silencesTest(silence.matchers.map(toMatcher));
            return (
              <SilenceRow
                key={silence.id}
                silence={silence}
                matched={
                  state === "expired" ? null : rows.filter(({ labels }) => test(labels)).length
                }
                onExpire={() => void expire(silence)}
              />
            );
          })}
        </ul>
      </div>
    </Page>
  );
};
