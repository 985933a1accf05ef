/**
 * Where a link into Alertmanager's own console leads here: notifications and runbooks are full of them. Undefined for any
 * other fragment.
 * @param hash with its `#`
 */
export function alertmanagerLink(hash: string): string | undefined {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const asked = new URLSearchParams(query);
  const search = new URLSearchParams();
  const receiver = asked.get("receiver");
  if (receiver !== null && receiver !== "") search.set("receiver", receiver);
  const filter = asked.get("filter");
  if (filter !== null && filter !== "") search.set("q", filter.replace(/^\{([^]*)\}$/, "$1"));
  const text = search.size === 0 ? "" : `?${search}`;
  switch (path) {
    case "/alerts":
      return `/dashboard/alerts${text}`;
    case "/silences":
      return "/dashboard/alerts/silences";
    case "/status":
      return "/dashboard/alerts/routing";
    default:
      return undefined;
  }
}
