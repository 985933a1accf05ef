import type { IncidentAlert, IncidentDetail } from "@fleetlight/contract";
import { Autocomplete, Button, Menu, Textarea, TextInput } from "@mantine/core";
import { IconCircleCheck, IconClockPause, IconUserCheck, IconUserX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { ReactNode } from "react";

import { useAuthor } from "../../api/acknowledge.ts";
import { actOnIncident, incidentQuery, incidentsKey, timelineQuery } from "../../api/incidents.ts";
import { peopleQuery } from "../../api/on-call.ts";
import { formatDateTime, formatDuration } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { BackLink } from "../../ui/back-link.tsx";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { SeverityMark, StateMark } from "../../ui/state.tsx";
import { TimelineList } from "../../ui/timeline.tsx";
import { linksOf } from "../alerts/alert-view.ts";
import {
  entryToken,
  escalationText,
  lastedMs,
  STATUS_MARKS,
  suppressedText,
} from "./incident-words.ts";
import classes from "./incidents.module.css";

const route = getRouteApi("/dashboard/alerts/incidents/$incidentId");
const back = <BackLink to="/dashboard/alerts/incidents">Incidents</BackLink>;

interface Act {
  action: string;
  body?: Record<string, unknown>;
}

const useAct = (id: string) => {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ action, body }: Act) => actOnIncident(id, action, body),
    onSettled: () => cache.invalidateQueries({ queryKey: incidentsKey }),
  });
};

type Acting = ReturnType<typeof useAct>;

const AssignDialog = ({
  incident,
  act,
  onClose,
}: {
  incident: IncidentDetail;
  act: Acting;
  onClose: () => void;
}) => {
  const [owner, setOwner] = useState(incident.owner);
  const people = useQuery(peopleQuery()).data?.people ?? [];
  return (
    <Dialog title="Who cares for it?" onClose={onClose} width={420}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          act.mutate({ action: "assign", body: { owner: owner.trim() } });
          onClose();
        }}
      >
        <Autocomplete
          label="Person or team"
          data={[...new Set(people.map(({ name }) => name))]}
          value={owner}
          onChange={setOwner}
          data-autofocus
        />
        <DialogButtons>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit">Assign</Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
};

const Actions = ({ incident, act }: { incident: IncidentDetail; act: Acting }) => {
  const [assigning, setAssigning] = useState(false);
  const open = incident.status !== "resolved";
  return (
    <>
      {incident.status === "triggered" && (
        <Button
          leftSection={<IconUserCheck size={16} />}
          loading={act.isPending}
          onClick={() => act.mutate({ action: "acknowledge" })}
        >
          Acknowledge
        </Button>
      )}
      {incident.status === "acknowledged" && (
        <Button
          variant="default"
          leftSection={<IconUserX size={16} />}
          onClick={() => act.mutate({ action: "unacknowledge" })}
        >
          Release
        </Button>
      )}
      {open && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<IconClockPause size={16} />}>
              Snooze
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {[
              ["1h", "1 hour"],
              ["4h", "4 hours"],
              ["1d", "1 day"],
            ].map(([duration, word]) => (
              <Menu.Item
                key={duration}
                onClick={() => act.mutate({ action: "snooze", body: { duration } })}
              >
                {word}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Button variant="default" onClick={() => setAssigning(true)}>
        Assign…
      </Button>
      {open ? (
        <Button
          variant="default"
          leftSection={<IconCircleCheck size={16} />}
          onClick={() => act.mutate({ action: "resolve" })}
        >
          Resolve
        </Button>
      ) : (
        <Button variant="default" onClick={() => act.mutate({ action: "reopen" })}>
          Reopen
        </Button>
      )}
      {assigning && (
        <AssignDialog incident={incident} act={act} onClose={() => setAssigning(false)} />
      )}
    </>
  );
};

const AlertLine = ({ alert }: { alert: IncidentAlert }) => (
  <li className={classes["alert"]}>
    <StateMark
      state={
        alert.status === "resolved"
          ? "resolved"
          : alert.acknowledgement === null
            ? "firing"
            : "acknowledged"
      }
    />
    <div className={classes["what"]}>
      <Link
        to="/dashboard/alerts/$alertId"
        params={{ alertId: alert.alert_id ?? alert.fingerprint }}
        className={classes["name"]}
      >
        {alert.name}
      </Link>
      <div className={classes["detail"]}>
        {[alert.service, alert.annotations["summary"], suppressedText(alert.suppressed_by)]
          .filter(Boolean)
          .join(" · ")}
      </div>
    </div>
    <SeverityMark severity={alert.severity} />
  </li>
);

const NoteForm = ({ act }: { act: Acting }) => {
  const [text, setText] = useState("");
  const [author, setAuthor] = useAuthor();
  return (
    <form
      className={classes["note"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        act.mutate(
          { action: "notes", body: { text: text.trim() } },
          { onSuccess: () => setText("") },
        );
      }}
    >
      <Textarea
        label="Note"
        placeholder="What you found, what you tried"
        rows={2}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {author === "" && (
        <TextInput
          mt={8}
          label="Your name"
          onBlur={(event) => setAuthor(event.currentTarget.value.trim())}
        />
      )}
      <div className={classes["noteButtons"]}>
        <Button type="submit" variant="default" disabled={text.trim() === ""}>
          Add the note
        </Button>
      </div>
    </form>
  );
};

const TimelinePanel = ({ id, act }: { id: string; act: Acting }) => {
  const { data, error } = useQuery(timelineQuery(id));
  const entries = (data?.entries ?? []).toReversed();
  return (
    <Panel
      title="Timeline"
      flush
      aside={
        data !== undefined && data.dropped > 0 ? `${data.dropped} entries were not kept` : undefined
      }
    >
      <NoteForm act={act} />
      {error !== null && data === undefined && (
        <Failure what="The timeline could not be loaded" error={error} />
      )}
      {data === undefined && error === null && <SkeletonRows rows={5} />}
      <TimelineList
        moments={entries.map((entry) => ({
          key: String(entry.number),
          at: entry.at,
          token: entryToken(entry),
          text: (
            <>
              {entry.text}
              {entry.by !== "" && !entry.text.includes(entry.by) && (
                <span className="dim"> by {entry.by}</span>
              )}
            </>
          ),
        }))}
      />
    </Panel>
  );
};

const factsOf = (incident: IncidentDetail, now: number): [string, ReactNode][] => {
  const facts: [string, ReactNode][] = [
    ["Began", formatDateTime(Date.parse(incident.triggered_at))],
    ["Owner", incident.owner === "" ? "nobody" : incident.owner],
    ["Grouped by", incident.grouped_by],
  ];
  if (incident.acknowledged_at !== null) {
    const took = Date.parse(incident.acknowledged_at) - Date.parse(incident.triggered_at);
    facts.push([
      "Acknowledged",
      `by ${incident.acknowledged_by ?? "somebody"} after ${formatDuration(took)}`,
    ]);
  }
  if (incident.resolved_at !== null)
    facts.push([
      "Resolved",
      `${formatDateTime(Date.parse(incident.resolved_at))}, ${
        incident.resolved_by === null ? "when its alerts ended" : `by ${incident.resolved_by}`
      }`,
    ]);
  if (incident.escalation !== null) {
    facts.push(["Escalation", incident.escalation.name]);
    facts.push(["Stands at", escalationText(incident.escalation, now)]);
  }
  if (incident.merged_into !== null)
    facts.push([
      "Merged into",
      <Link
        key="merged"
        to="/dashboard/alerts/incidents/$incidentId"
        params={{ incidentId: incident.merged_into }}
        className={classes["textLink"]}
      >
        another incident
      </Link>,
    ]);
  return facts;
};

/** One incident: what belongs to it, what was done, what comes next. */
export const IncidentPage = () => {
  const { incidentId } = route.useParams();
  const { data: incident, error } = useQuery(incidentQuery(incidentId));
  const act = useAct(incidentId);
  const now = useNow(1000);
  if (incident === undefined) {
    return (
      <Page title="Incident" before={back}>
        {error === null ? (
          <SkeletonRows rows={8} />
        ) : (
          <Failure what="The incident could not be loaded" error={error} />
        )}
      </Page>
    );
  }
  const [runbook] = linksOf({ runbook_url: incident.runbook_url });
  return (
    <Page
      title={incident.title}
      before={back}
      lead={
        <span className={classes["strip"]}>
          <StateMark state={STATUS_MARKS[incident.status]} big />
          <SeverityMark severity={incident.severity} />
          <span className="num">{formatDuration(lastedMs(incident, now))}</span>
          {runbook !== undefined && (
            <a
              href={runbook.href}
              target="_blank"
              rel="noreferrer noopener"
              className={classes["textLink"]}
            >
              {runbook.word}
            </a>
          )}
        </span>
      }
      actions={<Actions incident={incident} act={act} />}
    >
      {act.error !== null && <Failure what="It was not done" error={act.error} />}
      <div className={classes["columns"]}>
        <div className={classes["column"]}>
          <Panel
            title="Alerts"
            flush
            aside={`${incident.alerts_active} of ${plural(incident.alerts_total, "alert")} active`}
          >
            <ul>
              {incident.alerts.map((alert) => (
                <AlertLine key={alert.fingerprint} alert={alert} />
              ))}
            </ul>
          </Panel>
          <Panel title="Facts">
            <Facts rows={factsOf(incident, now)} />
          </Panel>
        </div>
        <TimelinePanel id={incident.id} act={act} />
      </div>
    </Page>
  );
};
