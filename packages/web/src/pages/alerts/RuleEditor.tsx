import { Button, SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { ApiError } from "../../api/client.ts";
import { DialogButtons } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import classes from "./alerts.module.css";
import { KINDS } from "./rule-form.ts";
import type { RuleForm, RuleKind } from "./rule-form.ts";
import { MATTERS } from "./RuleMatter.tsx";
import type { SetRule } from "./RuleMatter.tsx";
import { RulePreview } from "./RulePreview.tsx";
import { NamingFields, PolicyFields, TextFields, TimingFields } from "./RuleWords.tsx";

/** Fields that show themselves what the server found wrong with them. */
const FIELDS =
  /^(?:id|name|description|metric|expr|threshold|for_duration|keep_firing_for|cooldown_minutes|owner|runbook_url|all|any|on|labels|annotations|absent|rate_of_change|active_time)\b/;

interface RuleEditorProps {
  initial: RuleForm;
  existing?: boolean;
  /** Why the rule cannot be changed here. */
  fixed?: string | undefined;
  submitWord: string;
  busy: boolean;
  error: Error | null;
  onSubmit: (form: RuleForm) => void;
}

/** The form of a rule beside the picture of what it would have done. */
export const RuleEditor = ({
  initial,
  existing = false,
  fixed,
  submitWord,
  busy,
  error,
  onSubmit,
}: RuleEditorProps) => {
  const [form, setForm] = useState(initial);
  const set: SetRule = (name, value) => setForm((old) => ({ ...old, [name]: value }));
  const refusal = error instanceof ApiError ? error : null;
  const placed = refusal?.details.some(({ path }) => FIELDS.test(path)) ?? false;
  const Matter = MATTERS[form.kind];
  const part = { form, set, refusal };
  return (
    <div className={classes["editor"]}>
      <Panel title="Rule">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit(form);
          }}
        >
          {fixed !== undefined && <p className={classes["fixed"]}>{fixed}</p>}
          <fieldset className={classes["fields"]} disabled={fixed !== undefined}>
            <legend className="visually-hidden">Fields of the rule</legend>
            <SegmentedControl
              className={classes["whole"] ?? ""}
              aria-label="Kind of rule"
              data={KINDS.map(({ value, label }) => ({ value, label }))}
              value={form.kind}
              disabled={fixed !== undefined}
              onChange={(value) => set("kind", value as RuleKind)}
            />
            <Matter {...part} />
            <TimingFields {...part} />
            <NamingFields {...part} existing={existing} />
            <TextFields {...part} />
            <PolicyFields {...part} />
          </fieldset>
          {error !== null && !placed && <Failure what="The rule was not saved" error={error} />}
          <DialogButtons>
            <Button variant="default" component={Link} to="/dashboard/alerts/rules">
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={fixed !== undefined}>
              {submitWord}
            </Button>
          </DialogButtons>
        </form>
      </Panel>
      <RulePreview form={form} />
    </div>
  );
};
