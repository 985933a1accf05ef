import type { Page } from "playwright-core";

const BATCH = 2000;
const AGENTS = ["lead", "researcher", "writer", "reviewer"];
const TRACE = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e";

const spanId = (at: number): string => (at + 1).toString(16).padStart(16, "0");

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

/** Sends one run of many spans: a tree in which each span has up to four children. Answers its id. */
export async function sendLongRun(url: string, spans: number): Promise<string> {
  const startMs = Date.now() - 60_000;
  for (let from = 0; from < spans; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, spans - from) }, (_, place) => {
      const at = from + place;
      const begunMs = startMs + (at / spans) * 50_000;
      return {
        traceId: TRACE,
        spanId: spanId(at),
        ...(at > 0 && { parentSpanId: spanId((at - 1) >> 2) }),
        name: at % 3 === 0 ? "invoke_agent" : at % 3 === 1 ? "chat small" : "execute_tool look",
        kind: 1,
        startTimeUnixNano: `${Math.round(begunMs)}000000`,
        endTimeUnixNano: `${Math.round(begunMs + 5 + 50_000 / (at + 1))}000000`,
        status: { code: at % 97 === 96 ? 2 : 0 },
        attributes: at % 3 === 0 ? [text("gen_ai.agent.name", AGENTS[(at / 3) % 4] ?? "lead")] : [],
      };
    });
    const answer = await fetch(`${url}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        resourceSpans: [
          {
            resource: { attributes: [text("service.name", "long")] },
            scopeSpans: [{ spans: batch }],
          },
        ],
      }),
    });
    if (!answer.ok) throw new Error(`spans were refused: ${answer.status} ${await answer.text()}`);
  }
  return TRACE;
}

/** Milliseconds of each frame while the waterfall is scrolled, a fixed way in each of them. */
export const scrollFrames = (page: Page, frames: number, stepPx: number): Promise<number[]> =>
  page.evaluate(
    async ([count, step]) => {
      const box = document.querySelector('[aria-label="Spans of the run in time"]');
      if (box === null) throw new Error("there is no waterfall");
      const took: number[] = [];
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      let last = await frame();
      for (let at = 0; at < count; at++) {
        box.scrollTop += step;
        const now = await frame();
        took.push(now - last);
        last = now;
      }
      return took;
    },
    [frames, stepPx] as const,
  );

/** Times for which a page did not answer, in milliseconds; `beyond` are those of more than 100. */
export interface LongTasks {
  longest: number;
  beyond: number;
}

type Watching = typeof globalThis & { longTasks: LongTasks; taskObserver?: PerformanceObserver };

/** Counts the times for which the page does not answer, from now on. */
export const watchLongTasks = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const seen = globalThis as Watching;
    seen.longTasks = { longest: 0, beyond: 0 };
    seen.taskObserver?.disconnect();
    seen.taskObserver = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        seen.longTasks.longest = Math.max(seen.longTasks.longest, duration);
        if (duration > 100) seen.longTasks.beyond++;
      }
    });
    seen.taskObserver.observe({ type: "longtask" });
  });

export const longTasks = (page: Page): Promise<LongTasks> =>
  page.evaluate(() => (globalThis as Watching).longTasks);
