import { formatAgo, formatDateTime, formatDuration } from "../format/time.ts";
import { useNow } from "../live/live.tsx";

/** `3 min ago`, kept up to date, with the exact time on hover. */
export const Ago = ({ at }: { at: string | null }) => {
  const now = useNow(5000);
  if (at === null) return <span className="dim">never</span>;
  const time = Date.parse(at);
  return (
    <time className="num" dateTime={at} title={formatDateTime(time)}>
      {formatAgo(time, Math.max(now, time))}
    </time>
  );
};

/** How long something has been so, counting on while `until` is null. */
export const Lasting = ({ since, until = null }: { since: string; until?: string | null }) => {
  const now = useNow(1000);
  const end = until === null ? Math.max(now, Date.parse(since)) : Date.parse(until);
  return (
    <span className="num" title={`since ${formatDateTime(Date.parse(since))}`}>
      {formatDuration(end - Date.parse(since))}
    </span>
  );
};
