import type { ReactNode } from "react";
import { useEffect } from "react";

import classes from "./page.module.css";

interface PageProps {
  title: string;
  /** One sentence that says what the page answers. */
  lead?: ReactNode;
  /** Shown above the title: the way back. */
  before?: ReactNode;
  actions?: ReactNode;
  /** A thing of the list that is looked at beside it; the page's name is then that thing's. */
  beside?: ReactNode;
  children: ReactNode;
}

const useTitle = (title: string | null): void => {
  useEffect(() => {
    if (title !== null) document.title = `${title} · Fleetlight`;
  }, [title]);
};

/** The frame of every page: title, lead, at most one primary action, then the matter itself. */
export const Page = ({ title, lead, before, actions, beside, children }: PageProps) => {
  useTitle(beside === undefined ? title : null);
  const Heading = beside === undefined ? "h1" : "h2";
  const page = (
    <div className={classes["page"]}>
      <header className={classes["head"]}>
        <div className={classes["words"]}>
          {before}
          <Heading className={classes["title"]}>{title}</Heading>
          {lead !== undefined && <div className={classes["lead"]}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={classes["actions"]}>{actions}</div>}
      </header>
      {children}
    </div>
  );
  if (beside === undefined) return page;
  return (
    <div className={classes["split"]}>
      {page}
      {beside}
    </div>
  );
};

interface SidePanelProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  /** Leads back to the list alone. */
  close: ReactNode;
  children: ReactNode;
}

/** One thing beside the list that it is from; stays in sight while the list is scrolled. */
export const SidePanel = ({ title, lead, actions, close, children }: SidePanelProps) => {
  useTitle(title);
  return (
    <section className={classes["side"]} aria-label={title}>
      <header className={classes["sideHead"]}>
        <div className={classes["words"]}>
          <h1 className={classes["title"]}>{title}</h1>
          {lead !== undefined && <div className={classes["lead"]}>{lead}</div>}
        </div>
        {close}
      </header>
      {actions !== undefined && <div className={classes["sideActions"]}>{actions}</div>}
      {children}
    </section>
  );
};

interface PanelProps {
  title: string;
  aside?: ReactNode;
  /** The content touches the panel's edges; for tables and lists. */
  flush?: boolean;
  className?: string | undefined;
  children: ReactNode;
}

/** A titled box. */
export const Panel = ({ title, aside, flush = false, className, children }: PanelProps) => (
  <section className={[classes["panel"], className].filter(Boolean).join(" ")} aria-label={title}>
    <div className={classes["panelHead"]}>
      <h2 className={classes["panelTitle"]}>{title}</h2>
      {aside !== undefined && <div className={classes["aside"]}>{aside}</div>}
    </div>
    <div className={flush ? classes["flush"] : classes["body"]}>{children}</div>
  </section>
);

/** Facts in two columns: word and value. */
export const Facts = ({ rows }: { rows: [string, ReactNode][] }) => (
  <dl className={classes["facts"]}>
    {rows.map(([word, value]) => (
      <div key={word} className={classes["fact"]}>
        <dt>{word}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A label and its value, e.g. `job=api`. */
export const LabelChip = ({ name, value }: { name: string; value: string }) => (
  <span className={classes["chip"]}>
    <span className={classes["chipName"]}>{name}</span>
    <span className={classes["chipValue"]}>{value}</span>
  </span>
);

export const LabelChips = ({ labels }: { labels: Record<string, string> }) => {
  const entries = Object.entries(labels).filter(([name]) => name !== "__name__");
  if (entries.length === 0) return <span className="dim">no labels</span>;
  return (
    <span className={classes["chips"]}>
      {entries.map(([name, value]) => (
        <LabelChip key={name} name={name} value={value} />
      ))}
    </span>
  );
};
