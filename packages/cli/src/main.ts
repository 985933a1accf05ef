#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// libuv reads the size of its pool once, when the first thing uses it; everything else is imported after this.
process.env.UV_THREADPOOL_SIZE ??= "8";
enableCompileCache();

const { run } = await import("./run.ts");
process.exitCode = await run(process.argv.slice(2));
// A stray timer or socket must not keep a command alive that has said how it ended.
process.stdout.write("", () => process.exit());
