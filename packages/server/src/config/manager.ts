import { Channel, describeError, isoTime, type Now } from "#lib";

import type { AlertmanagerConfig } from "./alertmanager/types.ts";
import { changedPaths, restartNeeded } from "./diff.ts";
import { loadConfig, type LoadOptions, type LoadedConfig } from "./load.ts";
import { ConfigError } from "./problems.ts";
import type { RuleFile } from "./prometheus/rule-file.ts";
import type { ScrapeJob } from "./prometheus/scrape-job.ts";
import type { Config } from "./schema.ts";
import { WatchSet } from "./watch-set.ts";

interface Accepted {
  ok: true;
  /** Dotted paths that differ from before. */
  changed: string[];
  /** Changed since the start, but in force only after a restart. */
  restart_needed: string[];
}

export type ReloadResult = Accepted | { ok: false; error: ConfigError };

export interface ConfigStatus {
  /** When the configuration in force was read, ISO 8601. */
  loaded_at: string;
  /** Why the file on disk is not the configuration in force, or null. */
  error: string | null;
  restart_needed: string[];
}

interface ConfigManagerOptions extends LoadOptions {
  now?: Now;
  /** Told of listeners that throw; they do not stop the others. */
  onError?: (error: unknown) => void;
  debounceMs?: number;
  pollMs?: number;
}

/** Holds the configuration in force and replaces it, as a whole, when a better one is given. */
export interface ConfigManager {
  current(): Config;
  source(): LoadedConfig["source"];
  /** Scrape jobs of the configuration in force and of the files that it names. */
  scrapeJobs(): readonly ScrapeJob[];
  /** Rule files of the configuration in force. */
  ruleFiles(): readonly RuleFile[];
  /** Routes, receivers and the rest: of the file in Alertmanager's format, or made of `notifications`. */
  alertmanager(): AlertmanagerConfig;
  /** Called after the configuration in force has changed. @returns a function that ends the subscription. */
  onChange(listener: (next: Config, previous: Config) => void): () => void;
  /** Called after every reload that changed something or was refused. */
  onReload(listener: (result: ReloadResult) => void): () => void;
  /** Called after every reload that somebody asked for and that was not refused, whether or not it changed anything. */
  onReloadAsked(listener: () => void): () => void;
  /** Never rejects; a wrong configuration leaves the one in force as it is. */
  reload(): Promise<ReloadResult>;
  status(): ConfigStatus;
  /** Begins to watch the files, that of Alertmanager and its templates too, unless `server.reload` is false. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const asConfigError = (error: unknown): ConfigError =>
  error instanceof ConfigError
    ? error
    : new ConfigError([{ path: "", message: describeError(error) }], { cause: error });

/** Keys whose files say something else than before, although the key is the same. */
function changedIncludes(before: LoadedConfig, after: LoadedConfig): string[] {
  const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const changed: string[] = [];
  if (!isSame(before.ruleFiles, after.ruleFiles)) changed.push("rule_files");
  if (
    !isSame(before.scrapeJobs, after.scrapeJobs) &&
    isSame(before.config.scrape_configs, after.config.scrape_configs)
  )
    changed.push("scrape_config_files");
  const isFile = after.alertmanager.path !== undefined;
  if (isFile && before.alertmanager.digest !== after.alertmanager.digest)
    changed.push("alerting.alertmanager_config");
  return changed;
}

/** Files whose changes are noticed by themselves. */
function watchedFiles({ source, alertmanager }: LoadedConfig): string[] {
  const files = [source.file, alertmanager.path, ...alertmanager.templates.map(({ path }) => path)];
  return [...new Set(files.filter((file) => file !== undefined))];
}

/** @throws ConfigError when the configuration at hand is wrong: a server does not start with half of one. */
export function createConfigManager(options: ConfigManagerOptions): ConfigManager {
  const now = options.now ?? Date.now;
  const { onError = () => undefined, debounceMs = 150, pollMs = 5000 } = options;
  let loaded = loadConfig(options);
  const atStart = loaded.config;
  let loadedAt = now();
  let error: ConfigError | null = null;
  let watch: WatchSet | undefined;
  const changes = new Channel<{ next: Config; previous: Config }>(onError);
  const reloads = new Channel<ReloadResult>(onError);
  const asked = new Channel<void>(onError);
  const pendingRestart = (): string[] => restartNeeded(changedPaths(atStart, loaded.config));

  const attempt = (): ReloadResult => {
    const before = loaded;
    const previous = before.config;
    try {
      loaded = loadConfig({ ...options, former: before });
    } catch (cause) {
      error = asConfigError(cause);
      return { ok: false, error };
    }
    error = null;
    loadedAt = now();
    void watch?.follow(watchedFiles(loaded)).catch(onError);
    const changed = [
      ...new Set([...changedPaths(previous, loaded.config), ...changedIncludes(before, loaded)]),
    ];
    if (changed.length > 0) changes.publish({ next: loaded.config, previous });
    return { ok: true, changed, restart_needed: pendingRestart() };
  };

  const reload = (): ReloadResult => {
    const failedBefore = error !== null;
    const result = attempt();
    if (!result.ok || result.changed.length > 0 || failedBefore) reloads.publish(result);
    return result;
  };

  return {
    current: () => loaded.config,
    source: () => loaded.source,
    scrapeJobs: () => loaded.scrapeJobs,
    ruleFiles: () => loaded.ruleFiles,
    alertmanager: () => loaded.alertmanager,
    onChange: (listener) => changes.subscribe(({ next, previous }) => listener(next, previous)),
    onReload: (listener) => reloads.subscribe(listener),
    onReloadAsked: (listener) => asked.subscribe(listener),
    reload: async () => {
      const result = reload();
      if (result.ok) asked.publish();
      return result;
    },
    status: () => ({
      loaded_at: isoTime(loadedAt),
      error: error?.message ?? null,
      restart_needed: pendingRestart(),
    }),
    async start() {
      if (!loaded.config.server.reload || watch) return;
      watch = new WatchSet({ debounceMs, pollMs, onChange: reload });
      await watch.follow(watchedFiles(loaded));
    },
    async stop() {
      await watch?.stop();
      watch = undefined;
    },
  };
}
