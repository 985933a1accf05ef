import type { Conversation } from "@fleetlight/contract";
import { TextInput } from "@mantine/core";
import { IconAlertTriangle, IconSearch, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { AGENT_PAGE_HOURS, conversationsQuery } from "../../api/agents.ts";
import type { ConversationsSearch } from "../../app/agent-search.ts";
import { formatCount, plural } from "../../format/units.ts";
import { Facet } from "../../ui/facet.tsx";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import { Ago } from "../../ui/time.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { AgentSquare } from "../agents/AgentMarks.tsx";
import { AgentTabs } from "../agents/AgentTabs.tsx";
import { HoursChoice } from "../agents/HoursChoice.tsx";
import { money } from "../agents/words.ts";
import classes from "./conversations.module.css";

const route = getRouteApi("/dashboard/conversations");
const AGENTS_SHOWN = 4;

const Row = ({ one }: { one: Conversation }) => (
  <li className={classes["row"]}>
    <div className={classes["what"]}>
      <Link
        to="/dashboard/conversations/$conversationId"
        params={{ conversationId: one.id }}
        className={[classes["name"], table["cover"]].filter(Boolean).join(" ")}
        data-list-item
      >
        {one.title || one.id}
      </Link>
      <div className={classes["detail"]}>
        {one.agents.slice(0, AGENTS_SHOWN).map((agent) => (
          <span key={agent} className={classes["who"]}>
            <AgentSquare id={agent} />
            {agent}
          </span>
        ))}
        {one.agents.length > AGENTS_SHOWN && (
          <span>and {one.agents.length - AGENTS_SHOWN} more</span>
        )}
      </div>
    </div>
    <span className={classes["figures"]}>
      <span>{plural(one.turns, "run")}</span>
      <span>{plural(one.tool_calls, "tool call")}</span>
      <span>{formatCount(one.input_tokens + one.output_tokens)} tokens</span>
      <span>{money(one.cost_usd)}</span>
      {one.errors > 0 && (
        <span className={classes["failed"]}>
          <IconAlertTriangle size={13} aria-hidden /> {plural(one.errors, "error")}
        </span>
      )}
    </span>
    <span className={classes["when"]}>
      <Ago at={one.last} />
    </span>
  </li>
);

const Nothing = ({ search }: { search: ConversationsSearch }) =>
  search.q === undefined && search.agent === undefined ? (
    <Empty title="No conversation is known in this time" waiting="Waiting for one…">
      <p>
        Spans belong to a conversation when they carry its id. Most frameworks send one when you
        give them a thread or session; by hand it is one attribute:
      </p>
      <Snippet
        label="attribute that names a conversation"
        text={'span.setAttribute("gen_ai.conversation.id", sessionId)'}
      />
    </Empty>
  ) : (
    <Empty title="No conversation matches">
      <p>Look further back, or for something else.</p>
    </Empty>
  );

/** What people and agents said to one another, the latest first. */
export const ConversationsPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(conversationsQuery(search));
  const change = (next: ConversationsSearch) =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const { q: _, ...withoutText } = search;
  const { agent, ...withoutAgent } = search;
  const all = data?.conversations ?? [];
  return (
    <Page
      title="Conversations"
      lead={
        all.length === 0
          ? "What did people ask, and what did the agents answer?"
          : `${plural(all.length, "conversation")}, the one with the latest news first.`
      }
    >
      <AgentTabs />
      <div className={classes["filters"]}>
        <TextInput
          className={classes["box"] ?? ""}
          aria-label="Search conversations"
          placeholder="Id, workflow or agent"
          leftSection={<IconSearch size={15} />}
          value={search.q ?? ""}
          onChange={({ currentTarget: { value } }) =>
            change(value === "" ? withoutText : { ...withoutText, q: value })
          }
        />
        {agent !== undefined && (
          <Facet on icon={<IconX size={13} aria-hidden />} onToggle={() => change(withoutAgent)}>
            with {agent}
          </Facet>
        )}
        <HoursChoice
          label="Conversations of the last"
          hours={search.hours ?? AGENT_PAGE_HOURS}
          onChange={(hours) => change({ ...search, hours })}
        />
      </div>
      {error !== null && data === undefined && (
        <Failure what="The conversations could not be loaded" error={error} />
      )}
      <div className={classes["sheet"]}>
        {data === undefined && error === null && <SkeletonRows rows={8} height={56} />}
        {data !== undefined && all.length === 0 && <Nothing search={search} />}
        {all.length > 0 && (
          <ul className={classes["list"]} aria-label="Conversations">
            {all.map((one) => (
              <Row key={one.id} one={one} />
            ))}
          </ul>
        )}
      </div>
    </Page>
  );
};
