/** As frameworks make the name of a tool from that of an agent: small letters and digits, all else underscores. */
const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
    .replaceAll(/^_|_$/g, "");

/** The agents of one trace, by what tools that hand over to them are called: `transfer_to_refund_agent` means "Refund Agent". */
export class AgentNames {
  private readonly bySlug = new Map<string, string>();
  private readonly names = new Set<string>();

  constructor(agents: Iterable<string>) {
    for (const agent of agents) {
      if (agent === "" || this.names.has(agent)) continue;
      this.names.add(agent);
      const slug = slugOf(agent);
      if (slug !== "" && !this.bySlug.has(slug)) this.bySlug.set(slug, agent);
    }
  }

  /** @returns the agent that a hand-off names, or undefined when none of these is meant */
  meant(peer: string): string | undefined {
    return this.names.has(peer) ? peer : this.bySlug.get(slugOf(peer));
  }
}
