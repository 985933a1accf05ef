import { dependenciesOf, type ServiceRegistry } from "#collect";
import { relatedServices } from "#respond";

/** Answers that are kept for a tenant; a service that is not known has one too. */
const MAX_ANSWERS = 10_000;

interface Known {
  edges: ReadonlyMap<string, readonly string[]>;
  answers: Map<string, ReadonlySet<string>>;
}

function read(registry: ServiceRegistry, tenant: string): Known {
  const edges = registry
    .list(tenant)
    .map(({ registration }) => [registration.id, dependenciesOf(registration)] as const)
    .filter(([, dependencies]) => dependencies.length > 0);
  return { edges: new Map(edges), answers: new Map() };
}

/**
 * Services that a service depends on, or that depend on it. What depends on what is read again only after a service
 * came, changed or went, because a storm of alerts asks for every one of them.
 */
export function watchRelated(
  registry: ServiceRegistry,
): (tenant: string, service: string) => ReadonlySet<string> {
  const tenants = new Map<string, Known>();
  registry.onChange(({ kind, tenant }) => {
    if (kind === "registered" || kind === "updated" || kind === "removed") tenants.delete(tenant);
  });
  return (tenant, service) => {
    const known = tenants.get(tenant) ?? read(registry, tenant);
    tenants.set(tenant, known);
    const { edges, answers } = known;
    const found = answers.get(service) ?? relatedServices(service, edges);
    if (answers.size >= MAX_ANSWERS) answers.clear();
    answers.set(service, found);
    return found;
  };
}
