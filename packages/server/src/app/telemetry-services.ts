import { TelemetryServices } from "#collect";
import type { Ingest } from "#serve";
import type { TelemetryStore } from "#store";

type Options = ConstructorParameters<typeof TelemetryServices>[0] & {
  telemetry: Pick<TelemetryStore, "spans" | "logs">;
  ingest: Pick<Ingest, "otlp">;
};

/** Whoever sends telemetry appears among the services. @returns a function that ends it. */
export function followTelemetryServices({
  telemetry,
  ingest,
  ...options
}: Options): () => Promise<void> {
  const found = new TelemetryServices(options);
  const hearAll = (
    tenant: string,
    heard: Iterable<{ service: string; resource: Readonly<Record<string, string>> }>,
  ) => {
    for (const { service, resource } of heard) found.hear(tenant, service, resource);
  };
  const stops = [
    telemetry.spans.onSpans((tenant, spans) =>
      hearAll(
        tenant,
        spans.map(({ row }) => row),
      ),
    ),
    telemetry.logs.onLogs(hearAll),
    ingest.otlp.onResource((tenant, resource) =>
      found.hear(tenant, resource["service.name"] ?? "", resource),
    ),
  ];
  found.start();
  return async () => {
    for (const stop of stops) stop();
    await found.stop();
  };
}
