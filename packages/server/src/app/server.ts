import { hostname } from "node:os";

import { collectProcessMetrics, createRegistry } from "@fleetlight/sdk";

import {
  createDiscovery,
  createHealthChecker,
  createHostCollector,
  createScrapeJobs,
  createScraper,
  createServiceRegistry,
  createTargetViews,
  dependenciesOf,
  GatewayPusher,
  scrapeTargets,
  TelemetryForwarder,
} from "#collect";
import type { Config, ConfigManager } from "#config";
import { createRules } from "#decide";
import { LiveTraces, LogFigures } from "#fleet";
import { createOutbound, DEFAULT_TENANT, type Logger } from "#lib";
import {
  createLogQueries,
  createMetricQueries,
  createPromQLQueries,
  createTraceQueries,
} from "#query";
import {
  createAlertmanager,
  createAlerts,
  createForwarder,
  createOnCallRoom,
  createSlackActions,
  Watchdog,
} from "#respond";
import { createHttpInstruments, RealtimeHub, Tails, type Doors, type FrontDoor } from "#serve";

import { openAgents } from "./agents.ts";
import { watchProcess } from "./figures.ts";
import { startFleetFigures } from "./fleet-figures.ts";
import { startFleetWatch } from "./fleet-watch.ts";
import { createIngest } from "./ingest.ts";
import { listen, listenBehind } from "./listen.ts";
import { openOtlpDoors } from "./otlp-doors.ts";
import { exposeFigures } from "./own-metrics.ts";
import { recordReloads } from "./record-reloads.ts";
import { watchRelated } from "./related-services.ts";
import { startSelfScrape } from "./self-scrape.ts";
import { openStores } from "./stores.ts";
import { followTelemetryServices } from "./telemetry-services.ts";
import { warmUp } from "./warm-up.ts";
import { Shutdown } from "./shutdown.ts";

export interface ServerOptions {
  manager: ConfigManager;
  logger: Logger;
  version: string;
  /** A door that listens already at `server.host` and `server.port`. */
  door?: FrontDoor | undefined;
}

export interface RunningServer {
  /** Where the API answers. */
  url: string;
  consoleUrl: string;
  /** Ports of OTLP's own, where they are open. */
  otlp: { grpcPort: number | undefined; httpUrl: string | undefined };
  /** Stops accepting, flushes, and closes everything in order. */
  stop(): Promise<void>;
}

/** Services of these changes are scraped otherwise than before. */
const SCRAPE_CHANGES = new Set(["registered", "updated", "removed"]);

const outboundPolicy = (config: Config) => ({
  allowLinkLocal: config.outbound.allow_link_local,
  allowAddresses: config.outbound.allow_addresses,
});

/**
 * Builds the server, starts it, and opens its doors. Rooms are started from the back to the front, so that whoever
 * emits finds a listener, and stopped the other way round.
 */
// oxlint-disable-next-line max-lines-per-function -- the composition root reads best from top to bottom
export async function startServer({
  manager,
  logger,
  version,
  door: front,
}: ServerOptions): Promise<RunningServer> {
  const config = () => manager.current();
  const now = Date.now;
  const shutdown = new Shutdown(logger);
  let ready = false;
  try {
    const { state, telemetry } = await openStores(config, logger, shutdown);
    const { metrics, events } = telemetry;
    const ownMetrics = createRegistry();
    const processMetrics = collectProcessMetrics(ownMetrics);
    shutdown.add("own metrics", processMetrics.stop);
    const outbound = createOutbound(outboundPolicy(config()));
    shutdown.add("outbound", () => outbound.close());

    const registry = createServiceRegistry({
      repository: state.services,
      events,
      config,
      now,
      logger,
    });
    await registry.load();
    shutdown.add("services", () => registry.settle());
    const common = { metrics, config, now, random: Math.random, logger, registry: ownMetrics };
    const alertmanager = createAlertmanager({
      ...common,
      state,
      outbound,
      policy: () => outboundPolicy(config()),
      alertmanager: () => manager.alertmanager(),
      dependencies: (tenant, service) =>
        dependenciesOf(registry.get(tenant, service)?.registration),
    });
    const alerts = createAlerts({ ...common, state, events, pipeline: alertmanager });
    const forwarder = createForwarder({
      ...common,
      alertmanager,
      outbound,
      policy: () => outboundPolicy(config()),
    });
    const onCall = createOnCallRoom({
      ...common,
      state,
      alertmanager,
      receivers: () => manager.alertmanager(),
      outbound,
      policy: () => outboundPolicy(config()),
      related: watchRelated(registry),
    });
    const slack = createSlackActions({
      receivers: () => manager.alertmanager().receivers,
      alertmanager,
      incidents: onCall.incidents,
      outbound,
      logger,
      now,
    });
    const promql = createPromQLQueries({
      metrics,
      config: () => config().query,
      subqueryStepMs: () => config().global.evaluation_interval,
      registry: ownMetrics,
      logger,
      now,
      sharesStore: () => config().storage.telemetry_url !== undefined,
    });
    const rules = createRules({
      ...common,
      config: config(),
      files: () => manager.ruleFiles(),
      queries: promql,
      state,
      emit: (evaluations) => alerts.handle(evaluations),
    });
    const host = createHostCollector({
      ...common,
      config: () => config().host,
      processes: () =>
        registry.list().map(({ registration: { id, url } }) => ({ service: id, url })),
    });
    const health = createHealthChecker({
      ...common,
      registry,
      registryMetrics: ownMetrics,
      outbound,
    });
    const scraper = createScraper({
      ...common,
      config: () => config().scrape,
      outbound,
      onResult: (tenant, id, result) => registry.recordScrape(tenant, id, result),
    });
    const jobs = createScrapeJobs({
      jobs: () => manager.scrapeJobs(),
      global: () => config().global,
      outbound,
      policy: () => outboundPolicy(config()),
      logger,
      registry: ownMetrics,
      onChange: () => syncTargets(),
    });
    const targetViews = createTargetViews({
      states: () => scraper.states(),
      jobs,
      jobsTenant: DEFAULT_TENANT,
    });
    // Many services may change at once; the scraper hears of them together.
    let syncing: NodeJS.Immediate | undefined;
    const syncTargets = () => {
      syncing ??= setImmediate(() => {
        syncing = undefined;
        scraper.sync([...scrapeTargets(registry.list(), config()), ...jobs.targets()]);
      });
    };
    const discovery = createDiscovery({ ...common, services: registry });
    const process = watchProcess({
      now,
      samplesTotal: () => telemetry.stats().samplesTotal,
      eventLoopDelayP99: () => processMetrics.eventLoopLag().p99,
    });
    shutdown.add("process figures", process.stop);

    const forward = new TelemetryForwarder({
      ...common,
      outbound,
      policy: () => outboundPolicy(config()),
    });
    shutdown.add("forwarding of telemetry", () => forward.stop());
    const pusher = new GatewayPusher({ ...common, outbound });
    pusher.start();
    shutdown.add("pushes to a gateway", () => pusher.stop());
    const ingest = createIngest({
      ...common,
      forward,
      exemplars: telemetry.exemplars,
      spans: telemetry.spans,
      logs: telemetry.logs,
      settings: state.settings,
    });
    await ingest.prices.start();
    shutdown.add("prices", () => ingest.prices.stop());
    await ingest.push.start();
    shutdown.add("push gateway", () => ingest.push.stop());
    shutdown.add(
      "services that send telemetry",
      followTelemetryServices({ ...common, services: registry, telemetry, ingest }),
    );
    const liveTraces = new LiveTraces({ spans: telemetry.spans, now, registry: ownMetrics });
    liveTraces.start();
    shutdown.add("live traces", () => liveTraces.stop());
    const fleet = startFleetFigures({
      live: liveTraces,
      telemetry,
      config,
      now,
      registry: ownMetrics,
      logger,
      shutdown,
    });
    const watch = await startFleetWatch({
      ...common,
      live: liveTraces,
      telemetry,
      state,
      shutdown,
    });
    const logFigures = new LogFigures({ ...common, logs: telemetry.logs });
    logFigures.start();
    shutdown.add("counts of log lines", () => logFigures.stop());
    const tails = new Tails({ telemetry, now, registry: ownMetrics });
    const agents = openAgents({ ...common, live: liveTraces, telemetry });
    agents.room.start();
    shutdown.add("agents", () => agents.room.stop());
    const doors: Doors = {
      version,
      now,
      logger,
      manager,
      config,
      registry,
      rules,
      alerts,
      alertmanager,
      onCall,
      slack,
      telemetry,
      ...watch,
      agents: agents.figures,
      conversations: agents.conversations,
      ingest,
      state,
      host,
      ownMetrics,
      queries: createMetricQueries({ metrics, now }),
      promql,
      fleet,
      logs: createLogQueries(telemetry.logs, telemetry.spans),
      tails,
      traces: createTraceQueries({ spans: telemetry.spans, now, config }),
      figures: process.figures,
      isReady: () => ready,
      targets: () => {
        const targets = scrapeTargets(registry.list(), config());
        const up = targets.filter(
          ({ tenant, id }) => registry.get(tenant, id)?.lastScrape?.up === true,
        );
        return { total: targets.length, up: up.length };
      },
      scrapeTargets: targetViews.targets,
      scrapePools: targetViews.pools,
      targetMetadata: targetViews.metadata,
    };
    exposeFigures(doors);

    await onCall.load();
    const watchdog = new Watchdog({
      ...common,
      pipeline: alertmanager,
      ping: () => state.ping(),
      outbound,
    });
    watchdog.start();
    shutdown.add("watchdog", () => watchdog.stop());
    await alerts.start();
    shutdown.add("alerts", () => alerts.stop());
    await forwarder.start();
    shutdown.add("forwarding of alerts", () => forwarder.stop());
    await onCall.start();
    shutdown.add("on call", () => onCall.stop());
    await slack.reconfigure();
    shutdown.add("buttons of Slack", () => slack.close());
    await rules.start();
    shutdown.add("rules", () => rules.stop());
    shutdown.add(
      "changes of services",
      registry.onChange((change) => {
        if (change.kind === "removed")
          rules.removeService(change.tenant, change.service.registration.id);
        if (SCRAPE_CHANGES.has(change.kind)) syncTargets();
      }),
    );
    shutdown.add(
      "reloads that were asked for",
      manager.onReloadAsked(() => alertmanager.restartTicks()),
    );
    shutdown.add("record of reloads", recordReloads(manager, events, logger));

    const hub = new RealtimeHub(doors);
    const door = { doors, hub, instruments: createHttpInstruments(ownMetrics) };
    const { port, dashboard_port: consolePort } = config().server;
    const main = await (front ? listenBehind(front, door) : listen({ ...door, port }));
    const second =
      consolePort === undefined
        ? undefined
        : await listen({ ...door, port: consolePort }).catch(async (error: unknown) => {
            await main.close();
            throw error;
          });
    const otlp = await openOtlpDoors({ ...door, registry: ownMetrics });

    await registry.syncOrigin("config", DEFAULT_TENANT, config().services);
    await discovery.start();
    await jobs.start();
    syncTargets();
    health.start();
    host.start();
    const stopSelfScrape = startSelfScrape({
      registry: ownMetrics,
      metrics,
      instance: hostname(),
      intervalMs: () => config().host.interval,
      enabled: () => config().monitoring.self_metrics,
      now,
      logger,
    });
    hub.start();
    tails.start();
    shutdown.add(
      "changes of the configuration",
      manager.onChange((next) => {
        outbound.reconfigure(outboundPolicy(next));
        alertmanager.reconfigure();
        forwarder.reconfigure();
        forward.reconfigure();
        void slack.reconfigure();
        rules.reconfigure(next);
        void watch.budgets.reconfigure();
        void registry.syncOrigin("config", DEFAULT_TENANT, next.services).then(syncTargets);
        void discovery.reconfigure();
        void jobs.reconfigure();
        health.reconfigure();
      }),
    );
    shutdown.add("collectors", async () => {
      stopSelfScrape();
      await Promise.all([
        discovery.stop(),
        jobs.stop(),
        host.stop(),
        health.stop(),
        scraper.stop(),
      ]);
    });
    shutdown.add("doors", async () => {
      ready = false;
      hub.stop();
      tails.stop();
      await Promise.all([main.close(), second?.close(), otlp.close()]);
    });
    // A new server has nothing to ask yet; one that starts again has dashboards waiting, and says so when it is warm.
    if (metrics.seriesCount(DEFAULT_TENANT) > 0) {
      const warming = new AbortController();
      const warm = warmUp({ metrics, answer: main.answer, logger }, warming.signal).then(() => {
        ready = !warming.signal.aborted;
      });
      shutdown.add("warm-up", async () => {
        warming.abort();
        await warm;
      });
    } else ready = true;
    return {
      url: main.url,
      consoleUrl: `${second?.url ?? main.url}/dashboard`,
      otlp,
      stop: () => shutdown.run(),
    };
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}
