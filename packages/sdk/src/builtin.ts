import type * as http from "node:http";
import type * as https from "node:https";
import { createRequire } from "node:module";
import type * as net from "node:net";
import type * as workerThreads from "node:worker_threads";

type Builtins = {
  "node:http": typeof http;
  "node:https": typeof https;
  "node:net": typeof net;
  "node:worker_threads": typeof workerThreads;
};

let require: ReturnType<typeof createRequire> | undefined;

/**
 * A module of Node's, loaded when it is needed. An `import` of `node:http` looks at all its exports, some of which load
 * Node's `fetch`: 13 MiB of the host's memory.
 */
export function builtin<N extends keyof Builtins>(name: N): Builtins[N] {
  // Node 20 has it since 20.16.
  const found = process.getBuiltinModule?.(name) as Builtins[N] | undefined;
  if (found !== undefined) return found;
  require ??= createRequire(process.execPath);
  return require(name) as Builtins[N];
}
