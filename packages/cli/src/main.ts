#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

// libuv reads the size of its pool once, when the first thing uses it; everything else is imported after this.
process.env.UV_THREADPOOL_SIZE ??= "8";
// The store's allocator keeps what an insert took for 5 s otherwise, so that it adds to the peak; at 0 ms it costs a third more CPU.
process.env.JE_MALLOC_CONF ??= "dirty_decay_ms:50";
enableCompileCache();
// Pages of targets come and go outside of the heap, and V8 answers their growth by marking all of it: without this two thirds of
// what scraping costs.
setFlagsFromString("--heap-growing-percent=50");

const args = process.argv.slice(2);
if (args[0] === "alertmanager") {
  const { openAlertmanagerDoor } = await import("./alertmanager-door.ts");
  await openAlertmanagerDoor(args.slice(1));
}
const { run } = await import("./run.ts");
process.exitCode = await run(args);
// A stray timer or socket must not keep a command alive that has said how it ended.
process.stdout.write("", () => process.exit());
