import type { AlertRule } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { request } from "../../api/client.ts";
import { paths } from "../../api/paths.ts";
import { keys, ruleQuery } from "../../api/queries.ts";
import { formatValue } from "../../format/units.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { Dialog, DialogButtons } from "../../ui/dialog.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import { RuleEditor } from "./RuleEditor.tsx";
import {
  conditionText,
  emptyForm,
  fitsForm,
  formOf,
  toRuleInput,
  toRulePatch,
} from "./rule-form.ts";
import type { RuleForm } from "./rule-form.ts";

const newRoute = getRouteApi("/dashboard/alerts/rules/new");
const route = getRouteApi("/dashboard/alerts/rules/$ruleId");

const back = <BackLink to="/dashboard/alerts/rules">Rules</BackLink>;

const useSaved = () => {
  const cache = useQueryClient();
  const navigate = useNavigate();
  return async (rule?: AlertRule) => {
    if (rule !== undefined) cache.setQueryData(keys.rule(rule.id), rule);
    await cache.invalidateQueries({ queryKey: keys.rules });
    await navigate({ to: "/dashboard/alerts/rules" });
  };
};

/** Makes a rule. */
export const NewRulePage = () => {
  const { metric } = newRoute.useSearch();
  const saved = useSaved();
  const create = useMutation({
    mutationFn: (form: RuleForm) =>
      request<AlertRule>("POST", paths.rules(), { body: toRuleInput(form) }),
    onSuccess: saved,
  });
  return (
    <Page
      title="Create a rule"
      before={back}
      lead="Watch a metric, and be told when it goes where it should not."
    >
      <RuleEditor
        initial={emptyForm(metric)}
        submitWord="Create the rule"
        busy={create.isPending}
        error={create.error}
        onSubmit={(form) => create.mutate(form)}
      />
    </Page>
  );
};

const DeleteDialog = ({ rule, onClose }: { rule: AlertRule; onClose: () => void }) => {
  const saved = useSaved();
  const remove = useMutation({
    mutationFn: () => request("DELETE", paths.rule(rule.id)),
    onSuccess: () => saved(),
  });
  return (
    <Dialog title={`Delete ${rule.name}?`} onClose={onClose}>
      <p>Nobody is told about this any more, and its active alerts resolve. The history stays.</p>
      {remove.error !== null && <Failure what="It was not deleted" error={remove.error} />}
      <DialogButtons>
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate()}>
          Delete the rule
        </Button>
      </DialogButtons>
    </Dialog>
  );
};

const FIXED = {
  config:
    "It comes from the configuration: change it there. Here it can be turned on and off, in the list of rules.",
  builtin: "It is built in. It can be turned on and off, in the list of rules.",
};

const fixedText = (rule: AlertRule): string | undefined => {
  if (rule.origin !== "api") return FIXED[rule.origin];
  return fitsForm(rule)
    ? undefined
    : "It says more than this form can show: change it by API. In the list of rules it can be turned on and off.";
};

const Evaluated = ({ rule }: { rule: AlertRule }) => {
  const { last_at: at, last_duration_seconds: took, series, error } = rule.evaluation;
  return (
    <span className="num">
      {at === null ? (
        "Not evaluated yet."
      ) : (
        <>
          Evaluated <Ago at={at} /> over {series} series
          {took !== null && ` in ${formatValue(took, "seconds")}`}.
        </>
      )}
      {error !== null && ` It failed: ${error}`}
    </span>
  );
};

/** One rule, to read and to change. */
export const RulePage = () => {
  const { ruleId } = route.useParams();
  const { data: rule, error } = useQuery(ruleQuery(ruleId));
  const [deleting, setDeleting] = useState(false);
  const saved = useSaved();
  const change = useMutation({
    mutationFn: (form: RuleForm) =>
      request<AlertRule>("PATCH", paths.rule(ruleId), {
        body: rule === undefined ? {} : toRulePatch(form, rule),
      }),
    onSuccess: saved,
  });
  if (rule === undefined) {
    return (
      <Page title={ruleId} before={back}>
        {error === null ? (
          <SkeletonRows rows={6} />
        ) : (
          <Failure what={`The rule ${ruleId} could not be loaded`} error={error} />
        )}
      </Page>
    );
  }
  const fixed = fixedText(rule);
  return (
    <Page
      title={rule.name}
      before={back}
      lead={
        <>
          <span className="mono">{conditionText(rule)}</span>
          <br />
          <Evaluated rule={rule} />
        </>
      }
      actions={
        <Button
          variant="default"
          leftSection={<IconTrash size={15} />}
          disabled={rule.origin !== "api"}
          title={rule.origin === "api" ? undefined : fixed}
          onClick={() => setDeleting(true)}
        >
          Delete
        </Button>
      }
    >
      <RuleEditor
        key={rule.updated_at}
        initial={formOf(rule)}
        existing
        fixed={fixed}
        submitWord="Save the changes"
        busy={change.isPending}
        error={change.error}
        onSubmit={(form) => change.mutate(form)}
      />
      {deleting && <DeleteDialog rule={rule} onClose={() => setDeleting(false)} />}
    </Page>
  );
};
