import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Got {
  path: string;
  key: string | undefined;
  body: {
    status: string;
    receiver: string;
    groupKey: string;
    alerts: { labels: Record<string, string>; annotations: Record<string, string> }[];
  };
}

/** A real HTTP server for tests that remembers what was posted to it. */
export async function createReceiver() {
  const got: Got[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      got.push({
        path: request.url ?? "",
        key: request.headers["idempotency-key"] as string | undefined,
        body: JSON.parse(Buffer.concat(chunks).toString()) as Got["body"],
      });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got,
    /** Statuses of the next answers; 200 after them. */
    answer: (...next: number[]) => void statuses.push(...next),
    /** Everything that came, once it is so much. */
    wait: async (count: number): Promise<Got[]> => {
      const endsAt = performance.now() + 8000;
      while (got.length < count) {
        if (performance.now() > endsAt)
          throw new Error(`${got.length} of ${count} came: ${JSON.stringify(got)}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return got;
    },
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type Receiver = Awaited<ReturnType<typeof createReceiver>>;
