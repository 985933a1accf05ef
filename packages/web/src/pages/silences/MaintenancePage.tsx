import type { MaintenanceWindow } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { IconCalendarPause, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { readAuthor } from "../../api/acknowledge.ts";
import {
  endWindow,
  maintenanceCalendarQuery,
  maintenanceKey,
  maintenanceQuery,
  removeWindow,
  saveWindow,
  windowQuery,
} from "../../api/maintenance.ts";
import { formatDuration, formatWhen } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { BackLink } from "../../ui/back-link.tsx";
import { daysOfMonth, Month, monthOf } from "../../ui/month.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { tell } from "../../ui/toast.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { AlertTabs } from "../alerts/AlertTabs.tsx";
import type { MaintenanceForm } from "./maintenance-form.ts";
import { emptyMaintenance, maintenanceFormOf, toMaintenanceInput } from "./maintenance-form.ts";
import { MaintenanceEditor } from "./MaintenanceEditor.tsx";
import list from "./quiet-list.module.css";
import { QuietTabs } from "./QuietTabs.tsx";

const route = getRouteApi("/dashboard/alerts/maintenance");
const windowRoute = getRouteApi("/dashboard/alerts/maintenance/$windowId");
const back = <BackLink to="/dashboard/alerts/maintenance">Maintenance</BackLink>;
const DAY = 86_400_000;

const useRefresh = () => {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: maintenanceKey });
};

const whenText = ({ state, current, next }: MaintenanceWindow, now: number): string => {
  if (state === "disabled") return "switched off";
  if (current !== null) return `in force, ${formatDuration(Date.parse(current.end) - now)} left`;
  const [first] = next;
  return first === undefined ? "over" : `next ${formatWhen(Date.parse(first.start), now)}`;
};

const WindowRow = ({ window, onEnd }: { window: MaintenanceWindow; onEnd: () => void }) => {
  const now = useNow(10_000);
  return (
    <li className={list["row"]} data-over={window.state === "ended" || undefined}>
      <div className={list["what"]}>
        <Link
          to="/dashboard/alerts/maintenance/$windowId"
          params={{ windowId: window.id }}
          className={list["name"]}
          data-plain
          data-list-item
        >
          {window.name}
        </Link>
        <div className={list["detail"]}>
          {window.by}
          {window.reason !== "" && `: ${window.reason}`}
        </div>
      </div>
      <div className={list["figures"]}>
        <span className="num">{whenText(window, now)}</span>
        {window.state === "active" && (
          <span className="dim">{plural(window.suppressed, "alert")} kept quiet</span>
        )}
      </div>
      <div className={list["actions"]}>
        {window.state === "active" && (
          <Button size="compact-sm" variant="default" onClick={onEnd}>
            End now
          </Button>
        )}
      </div>
    </li>
  );
};

const Calendar = ({ month, onMonth }: { month: string; onMonth: (month: string) => void }) => {
  const now = useNow(60_000);
  const days = daysOfMonth(month);
  const { data, error } = useQuery(
    maintenanceCalendarQuery(
      new Date(days[0] ?? 0).toISOString(),
      new Date((days.at(-1) ?? 0) + DAY).toISOString(),
    ),
  );
  const stretches = useMemo(
    () =>
      (data?.occurrences ?? []).map(({ window, name, start, end }) => ({
        key: `${window}/${start}`,
        from: Date.parse(start),
        to: Date.parse(end),
        title: name,
        token: "--fl-silenced",
        body: (
          <Link
            to="/dashboard/alerts/maintenance/$windowId"
            params={{ windowId: window }}
            className="link"
          >
            {name}
          </Link>
        ),
      })),
    [data],
  );
  return (
    <Panel title="Calendar">
      {error !== null && data === undefined && (
        <Failure what="The calendar could not be loaded" error={error} />
      )}
      <Month month={month} stretches={stretches} now={now} onMonth={onMonth} />
      {data?.truncated === true && (
        <p className="dim">There are more than {data.count}; the rest is left out.</p>
      )}
    </Panel>
  );
};

/** Planned times of quiet. */
export const MaintenancePage = () => {
  useListKeys();
  const now = useNow(60_000);
  const { month = monthOf(now) } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(maintenanceQuery());
  const refresh = useRefresh();
  const end = useMutation({ mutationFn: (id: string) => endWindow(id), onSettled: refresh });
  return (
    <Page
      title="Maintenance"
      lead="When is quiet planned, and for what?"
      actions={
        <Button
          component={Link}
          to="/dashboard/alerts/maintenance/new"
          leftSection={<IconPlus size={16} />}
        >
          Plan maintenance
        </Button>
      }
    >
      <AlertTabs />
      <QuietTabs />
      {end.error !== null && <Failure what="It was not ended" error={end.error} />}
      <div className={list["sheet"]}>
        {error !== null && data === undefined && (
          <Failure what="The windows could not be loaded" error={error} />
        )}
        {data === undefined && error === null && <SkeletonRows rows={3} height={60} />}
        {data?.windows.length === 0 && (
          <Empty
            icon={<IconCalendarPause size={30} stroke={1.5} />}
            title="No maintenance is planned"
          >
            <p>
              A window keeps alerts quiet at a planned time, once or again and again: every Sunday
              night, the first Monday of each month. Its alerts go on in the list, marked.
            </p>
          </Empty>
        )}
        <ul aria-label="Maintenance windows">
          {data?.windows.map((window) => (
            <WindowRow key={window.id} window={window} onEnd={() => end.mutate(window.id)} />
          ))}
        </ul>
      </div>
      <Calendar
        month={month}
        onMonth={(next) =>
          void navigate({
            search: next === monthOf(now) ? {} : { month: next },
            replace: true,
            resetScroll: false,
          })
        }
      />
    </Page>
  );
};

const useSave = (id: string | null) => {
  const refresh = useRefresh();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (form: MaintenanceForm) => saveWindow(id, toMaintenanceInput(form)),
    onSuccess: async () => {
      await refresh();
      await navigate({ to: "/dashboard/alerts/maintenance" });
    },
  });
};

export const NewMaintenancePage = () => {
  const navigate = useNavigate();
  const [initial] = useState(() => emptyMaintenance(Date.now(), readAuthor()));
  const save = useSave(null);
  return (
    <Page title="Plan maintenance" before={back} lead="Keep alerts quiet at a planned time.">
      <MaintenanceEditor
        initial={initial}
        submitWord="Plan it"
        busy={save.isPending}
        error={save.error}
        onSubmit={(form) => save.mutate(form)}
        onCancel={() => void navigate({ to: "/dashboard/alerts/maintenance" })}
      />
    </Page>
  );
};

/** One window, to read and to change. */
export const MaintenanceWindowPage = () => {
  const [now] = useState(() => Date.now());
  const { windowId } = windowRoute.useParams();
  const navigate = useNavigate();
  const { data: window, error } = useQuery(windowQuery(windowId));
  const save = useSave(windowId);
  const refresh = useRefresh();
  const leave = () => void navigate({ to: "/dashboard/alerts/maintenance" });
  const remove = useMutation({
    mutationFn: () => removeWindow(windowId),
    onSuccess: async () => {
      if (window !== undefined) {
        const { name, reason, by, matchers, services, schedule, enabled } = window;
        const again = {
          name,
          reason,
          by,
          matchers,
          services,
          schedule,
          enabled,
          confirm_all: true,
        };
        tell(`${name} was removed.`, () => void saveWindow(null, again).then(refresh));
      }
      await refresh();
      leave();
    },
  });
  if (window === undefined) {
    return (
      <Page title="Maintenance" before={back}>
        {error === null ? (
          <SkeletonRows rows={6} />
        ) : (
          <Failure what="The window could not be loaded" error={error} />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={window.name}
      before={back}
      lead={`By ${window.by}.`}
      actions={
        <Button
          variant="default"
          leftSection={<IconTrash size={15} />}
          loading={remove.isPending}
          onClick={() => remove.mutate()}
        >
          Remove
        </Button>
      }
    >
      {remove.error !== null && <Failure what="It was not removed" error={remove.error} />}
      <MaintenanceEditor
        key={window.updated_at}
        initial={maintenanceFormOf(window, now)}
        submitWord="Save the changes"
        busy={save.isPending}
        error={save.error}
        onSubmit={(form) => save.mutate(form)}
        onCancel={leave}
      />
    </Page>
  );
};
