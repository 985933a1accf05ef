import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";

import { readAuthor } from "../../api/acknowledge.ts";
import { silencesQuery } from "../../api/alertmanager.ts";
import { parseAlertFilter } from "../../format/alert-filter.ts";
import { formatDateTime } from "../../format/time.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { SilenceForm } from "./SilenceForm.tsx";
import { draftOf, emptyDraft } from "./silence-draft.ts";
import type { SilenceDraft } from "./silence-draft.ts";
import classes from "./silence-page.module.css";

const newRoute = getRouteApi("/dashboard/alerts/silences/new");
const route = getRouteApi("/dashboard/alerts/silences/$silenceId");

const back = <BackLink to="/dashboard/alerts/silences">Silences</BackLink>;

const Form = ({ initial }: { initial: SilenceDraft }) => {
  const navigate = useNavigate();
  const leave = () => void navigate({ to: "/dashboard/alerts/silences" });
  return (
    <div className={classes["narrow"]}>
      <Panel title="Silence">
        <SilenceForm initial={initial} onDone={leave} onCancel={leave} />
      </Panel>
    </div>
  );
};

/** Keeps alerts quiet. An address may bring the matchers, or name a silence to make again. */
export const NewSilencePage = () => {
  const { match, from } = newRoute.useSearch();
  const { data, error } = useQuery({ ...silencesQuery(), enabled: from !== undefined });
  const old = from === undefined ? undefined : data?.find(({ id }) => id === from);
  const waiting = from !== undefined && data === undefined && error === null;
  const initial =
    old === undefined
      ? emptyDraft(parseAlertFilter(match ?? "").matchers, readAuthor())
      : { ...emptyDraft(draftOf(old).matchers, readAuthor()), comment: old.comment };
  return (
    <Page title="Silence alerts" before={back} lead="Alerts go on, and nobody is told of them.">
      {waiting ? <SkeletonRows rows={6} /> : <Form initial={initial} />}
    </Page>
  );
};

/** One silence, to read and to change. */
export const SilencePage = () => {
  const { silenceId } = route.useParams();
  const { data, error } = useQuery(silencesQuery());
  const silence = data?.find(({ id }) => id === silenceId);
  if (silence === undefined) {
    const missing = data === undefined ? error : new Error("no silence has this id");
    return (
      <Page title="Silence" before={back}>
        {missing === null ? (
          <SkeletonRows rows={6} />
        ) : (
          <Failure what="The silence could not be loaded" error={missing} />
        )}
      </Page>
    );
  }
  const over = silence.status.state === "expired";
  return (
    <Page
      title="Silence"
      before={back}
      lead={
        <>
          By {silence.createdBy}, changed {formatDateTime(Date.parse(silence.updatedAt))}.
          {over && " It is over; saving it with a later end makes a new one."}
        </>
      }
    >
      <Form key={silence.id} initial={draftOf(silence)} />
    </Page>
  );
};
