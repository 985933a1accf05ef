import type { Receiver, ReceiverIntegration, ReceiverTest } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconEye,
  IconSend,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import {
  receiverPreviewQuery,
  receiversKey,
  receiversQuery,
  testReceiver,
} from "../../api/receivers.ts";
import { plural } from "../../format/units.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import classes from "./routing.module.css";

interface Look {
  word: string;
  token: string;
  icon: typeof IconSend;
}

const lookOf = ({ health }: ReceiverIntegration): Look => {
  if (health === null)
    return { word: "not known here", token: "--fl-unknown", icon: IconCircleDashed };
  if (health.circuit !== "closed")
    return { word: "given a rest", token: "--fl-unhealthy", icon: IconCircleXFilled };
  if (health.consecutive_failures > 0)
    return { word: "failing", token: "--fl-degraded", icon: IconAlertTriangleFilled };
  if (health.last_success_at === null)
    return { word: "not used yet", token: "--fl-unknown", icon: IconCircleDashed };
  return { word: "works", token: "--fl-healthy", icon: IconCircleCheckFilled };
};

const policyText = (one: ReceiverIntegration): string =>
  [
    one.severities !== null && `only ${one.severities.join(", ")}`,
    one.rate_limit_per_minute !== null && `at most ${one.rate_limit_per_minute} a minute`,
    !one.send_resolved && "not told when it is over",
    one.fallback_receiver !== null && `else ${one.fallback_receiver}`,
  ]
    .filter(Boolean)
    .join(" · ");

type Result = ReceiverTest["results"][number];

const ResultLine = ({ result }: { result: Result }) => (
  <div role="status" style={{ color: `var(${result.ok ? "--fl-healthy" : "--fl-unhealthy"})` }}>
    {result.ok
      ? `The sample was taken${result.status_code === null ? "" : ` with ${result.status_code}`}.`
      : `The sample was not taken: ${result.error ?? "no answer"}.`}
  </div>
);

const Health = ({ one }: { one: ReceiverIntegration }) => {
  const { word, token, icon: Icon } = lookOf(one);
  const { queued = 0, in_flight: sending = 0, last_success_at: last = null } = one.health ?? {};
  return (
    <div className={classes["health"]}>
      <span className={classes["healthWord"]} style={{ color: `var(${token})` }}>
        <Icon size={15} aria-hidden /> {word}
      </span>
      <span className="dim num">
        {queued + sending > 0 && `${queued + sending} waiting, `}
        {last !== null && (
          <>
            last <Ago at={last} />
          </>
        )}
      </span>
    </div>
  );
};

const Integration = ({ one, result }: { one: ReceiverIntegration; result: Result | undefined }) => {
  const policy = policyText(one);
  const error = one.health?.last_error ?? null;
  return (
    <li className={classes["integration"]}>
      <span className={classes["kind"]}>{one.name}</span>
      <div className={classes["routeWhat"]}>
        <div className={classes["target"]}>{one.target}</div>
        {policy !== "" && <div className={classes["timing"]}>{policy}</div>}
        {error !== null && <div className={classes["timing"]}>Last error: {error}</div>}
        {result !== undefined && <ResultLine result={result} />}
      </div>
      <Health one={one} />
    </li>
  );
};

const PreviewDialog = ({ name, onClose }: { name: string; onClose: () => void }) => {
  const { data, error } = useQuery(receiverPreviewQuery(name));
  return (
    <Dialog title={`What ${name} is sent`} onClose={onClose} width={720}>
      {error !== null && <Failure what="It could not be written" error={error} />}
      {data === undefined && error === null && <SkeletonRows rows={4} />}
      {data?.previews.map(({ integration, text, error: wrong }) => (
        <div key={integration} className={classes["preview"]}>
          <h3 className={classes["kind"]}>{integration}</h3>
          {wrong === null ? (
            <Snippet label={`text for ${integration}`} text={text} />
          ) : (
            <p className={classes["wrong"]}>{wrong}</p>
          )}
        </div>
      ))}
      {data?.previews.length === 0 && <p className="dim">It has no integration.</p>}
    </Dialog>
  );
};

const ReceiverItem = ({ receiver }: { receiver: Receiver }) => {
  const cache = useQueryClient();
  const [looking, setLooking] = useState(false);
  const test = useMutation({
    mutationFn: () => testReceiver(receiver.name),
    onSettled: () => cache.invalidateQueries({ queryKey: receiversKey, exact: true }),
  });
  const none = receiver.integrations.length === 0;
  return (
    <li className={classes["receiverItem"]}>
      <div className={classes["receiverHead"]}>
        <span className={classes["receiver"]}>{receiver.name}</span>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconEye size={14} />}
          disabled={none}
          onClick={() => setLooking(true)}
          aria-label={`Preview ${receiver.name}`}
        >
          Preview
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconSend size={14} />}
          disabled={none}
          loading={test.isPending}
          onClick={() => test.mutate()}
          aria-label={`Send test to ${receiver.name}`}
        >
          Send test
        </Button>
      </div>
      {test.error !== null && <Failure what="The test was not sent" error={test.error} />}
      {none && <p className={classes["none"]}>Tells nobody: it has no integration.</p>}
      <ul>
        {receiver.integrations.map((one) => (
          <Integration
            key={one.name}
            one={one}
            result={test.data?.results.find(({ integration }) => integration === one.name)}
          />
        ))}
      </ul>
      {looking && <PreviewDialog name={receiver.name} onClose={() => setLooking(false)} />}
    </li>
  );
};

/** Who is told, by what, and whether it works. */
export const ReceiversPanel = () => {
  const { data, error } = useQuery(receiversQuery());
  return (
    <Panel
      title="Receivers"
      flush
      aside={data === undefined ? undefined : plural(data.count, "receiver")}
    >
      {error !== null && data === undefined && (
        <Failure what="The receivers could not be loaded" error={error} />
      )}
      {data === undefined && error === null && <SkeletonRows rows={4} />}
      {data?.count === 0 && (
        <Empty title="Nobody is told">
          <p>Receivers are written into the configuration, under notifications.</p>
        </Empty>
      )}
      <ul aria-label="Receivers">
        {data?.receivers.map((receiver) => (
          <ReceiverItem key={receiver.name} receiver={receiver} />
        ))}
      </ul>
    </Panel>
  );
};
