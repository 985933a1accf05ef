import { ProtobufWriter } from "../../packages/server/src/lib/index.ts";

/** Bytes of a sample: two tags, a double, a time of six bytes, which holds those from 1971 to 2109. */
const SAMPLE_BYTES = 1 + 8 + 1 + 6;

/** A remote write 1.0 request of one-sample series; values and times are changed in place. */
export class WriteBody {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly places: Uint32Array;

  constructor(series: readonly [string, string][][]) {
    const writer = new ProtobufWriter();
    for (const labels of series)
      writer.message(1, () => {
        for (const [name, value] of labels)
          writer.message(1, () => {
            writer.string(1, name);
            writer.string(2, value);
          });
        writer.message(2, () => {
          writer.double(1, 0);
          writer.int64(2, 2 ** 40);
        });
      });
    this.bytes = writer.take().slice();
    this.view = new DataView(this.bytes.buffer);
    this.places = new Uint32Array(series.length);
    let end = 0;
    for (let slot = 0; slot < series.length; slot++) {
      end = this.endOfMessage(end);
      this.places[slot] = end - SAMPLE_BYTES;
    }
  }

  private endOfMessage(start: number): number {
    let at = start + 1;
    let [length, scale] = [0, 1];
    for (; ; scale *= 128) {
      const byte = this.bytes[at++] ?? 0;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) return at + length;
    }
  }

  set(slot: number, value: number, timeMs: number): void {
    const at = this.places[slot] ?? 0;
    this.view.setFloat64(at + 1, value, true);
    let rest = timeMs;
    for (let i = 0; i < 6; i++) {
      this.bytes[at + 10 + i] = (rest % 128) | (i < 5 ? 0x80 : 0);
      rest = Math.floor(rest / 128);
    }
  }
}
