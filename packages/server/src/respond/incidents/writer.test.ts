import { createLogger } from "#lib";
import { createStateStore, type IncidentChanges, type IncidentRepository } from "#store";
import { expect, it } from "vitest";

import { ChangeLog } from "./change-log.ts";
import { emptyRecord } from "./live.ts";
import { IncidentWriter } from "./writer.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });

async function open() {
  const state = await createStateStore({ path: ":memory:" }, { now: Date.now, logger });
  const log = new ChangeLog();
  const written: IncidentChanges[] = [];
  let failures = 0;
  let toFail = 0;
  const repository: IncidentRepository = {
    ...state.incidents,
    write: async (changes) => {
      if (toFail-- > 0) throw new Error("the disk is full");
      written.push(changes);
      await state.incidents.write(changes);
    },
  };
  const writer = new IncidentWriter({ repository, log, logger, onFailure: () => failures++ });
  return {
    state,
    log,
    writer,
    written,
    fail: (times: number) => (toFail = times),
    failures: () => failures,
  };
}

it("gathers what changes soon after one another, and writes at once when somebody waits", async () => {
  const { state, log, writer, written } = await open();
  const record = emptyRecord("default", "i", 0);
  for (let index = 1; index <= 20; index++) {
    log.entry(record, { kind: "note", text: `${index}` }, index);
    writer.wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await writer.flush();
  expect(written.length).toBeLessThanOrEqual(3);
  expect(await state.incidents.entries("default", "i", 0, 100)).toHaveLength(20);
  expect((await state.incidents.get("default", "i"))?.entries).toBe(20);
  await writer.stop();
  await state.close();
});

it("writes again what could not be written, before what came later", async () => {
  const { state, log, writer, written, fail, failures } = await open();
  const record = emptyRecord("default", "i", 0);
  fail(1);
  log.entry(record, { kind: "note", text: "first" }, 1);
  const flushed = writer.flush();
  await new Promise((resolve) => setTimeout(resolve, 20));
  log.entry(record, { kind: "note", text: "second" }, 2);
  await flushed;
  expect(failures()).toBe(1);
  expect(written.map(({ entries }) => entries.map(({ text }) => text))).toEqual([
    ["first"],
    ["second"],
  ]);
  await writer.stop();
  await state.close();
});

it("does not change what is being written", async () => {
  const { state, log, writer, written } = await open();
  const record = emptyRecord("default", "i", 0);
  log.incident(record, 1);
  await writer.flush();
  record.title = "later";
  expect(written[0]?.incidents[0]?.title).toBe("");
  await writer.stop();
  await state.close();
});
