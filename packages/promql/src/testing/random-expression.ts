import { functions, type FunctionSignature } from "../syntax/functions.ts";
import type { ValueType } from "../syntax/ast.ts";

/** Numbers in [0, 1), the same for the same seed (a linear congruential generator is enough for choices). */
export function seededRandom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Writes expressions at random; most are valid. */
export class RandomExpression {
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  /** An expression of the type, with at most `depth` levels below it. */
  write(type: ValueType, depth: number): string {
    switch (type) {
      case "scalar":
        return this.scalar(depth);
      case "string":
        return this.pick(['"a"', '"$1"', '"job"', '"(.*)"', '""', '"x-"', '"__name__"']);
      case "vector":
        return this.vector(depth);
      case "matrix":
        return this.matrix(depth);
    }
  }

  private pick<T>(list: readonly T[]): T {
    const one = list[Math.floor(this.random() * list.length)];
    if (one === undefined) throw new RangeError("nothing to pick from");
    return one;
  }

  private scalar(depth: number): string {
    const literals = ["0", "1", "-1", "0.5", "2", "NaN", "Inf", "-Inf", "1e300", "3m"];
    if (depth <= 0) return this.pick(literals);
    return this.pick([
      () => this.pick(literals),
      () => `scalar(${this.vector(depth - 1)})`,
      () => `(${this.scalar(depth - 1)} ${this.pick(["+", "-", "*", "/", "%", "^", "atan2"])} 2)`,
      () => `-(${this.scalar(depth - 1)})`,
      () => `(1 ${this.pick(["==", "<", ">="])} bool ${this.scalar(depth - 1)})`,
      () => this.pick(["time()", "pi()", "start()", "end()", "step()", "range()"]),
    ])();
  }

  private selector(): string {
    const name = this.pick(["a", "b", "c", "h", "m", "missing", ""]);
    const matchers = this.pick(['{job="x"}', '{job=~"x|y"}', '{job!~".*z"}', '{le!=""}', ""]);
    return name === "" && matchers === ""
      ? "a"
      : `${name}${matchers === "" ? "" : matchers}` || "a";
  }

  private modifiers(): string {
    const at = this.pick(["", "", "", " @ 120", " @ start()", " @ end()", " @ -5"]);
    return at + this.pick(["", "", " offset 1m", " offset -1m", " offset step()"]);
  }

  private vector(depth: number): string {
    if (depth <= 0) return this.safeSelector() + this.modifiers();
    return this.pick([
      () => this.safeSelector() + this.modifiers(),
      () => `${this.safeSelector()} smoothed`,
      () => this.aggregation(depth - 1),
      () => this.call(depth - 1),
      () => this.call(depth - 1),
      () => this.call(depth - 1),
      () => this.sensible(depth - 1),
      () => this.operation(depth - 1),
      () => `-${this.vector(depth - 1)}`,
      () => `(${this.vector(depth - 1)})`,
    ])();
  }

  /** A selector with at least one matcher that does not match everything. */
  private safeSelector(): string {
    const text = this.selector();
    return text.startsWith("{") ? `a${text}` : text;
  }

  private matrix(depth: number): string {
    const range = this.pick(["30s", "1m", "5m", "1h", "step() + 1", "1ms"]);
    if (depth <= 0 || this.random() < 0.5) {
      const extended = this.pick(["", "", "", "", " anchored", " smoothed"]);
      return `${this.safeSelector()}[${range}]${extended}${this.modifiers()}`;
    }
    const step = this.pick(["", "10s", "1m", "7s"]);
    return `(${this.vector(depth - 1)})[${this.pick(["1m", "5m"])}:${step}]${this.modifiers()}`;
  }

  /** What people really write, which chance would seldom make. */
  private sensible(depth: number): string {
    const buckets = this.pick([
      "c",
      "rate(c[2m])",
      "sum by (le) (c)",
      "increase(c[3m] offset 30s)",
    ]);
    const inner = this.vector(depth);
    const label = this.pick(["job", "le", "new", "__name__"]);
    return this.pick([
      () => `histogram_quantile(${this.pick(["0.9", "0.5", "0", "1", "NaN"])}, ${buckets})`,
      () => `histogram_fraction(0.5, ${this.pick(["1", "3", "Inf"])}, ${buckets})`,
      () => `label_replace(${inner}, "${label}", "$1-x", "job", "(.)")`,
      () => `label_join(${inner}, "${label}", "-", "job", "le", "__name__")`,
      () => `${inner} * on (job) group_left (le) a`,
      () => `sum by (job) (${inner}) / ignoring (le) group_right () b`,
      () => `(${inner} or ${this.vector(depth)} unless a)`,
      () => `clamp(${inner}, 1, 5) > bool 2`,
      () => `absent(${this.safeSelector()}) or absent_over_time(${this.safeSelector()}[1m])`,
      () => `round(${inner}, ${this.pick(["0.5", "5", "-1", "0"])})`,
      () => `quantile_over_time(${this.pick(["0.5", "0.99", "2"])}, ${this.matrix(depth)})`,
      () => `count_values("le", ${inner})`,
    ])();
  }

  private aggregation(depth: number): string {
    const by = this.pick(["", " by (job)", " without (job)", " by (__name__)", " by (le, nope)"]);
    const inner = this.vector(depth);
    const plain = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"];
    const withNumber = ["topk", "bottomk", "quantile", "limitk", "limit_ratio"];
    return this.pick([
      () => `${this.pick(plain)}${by}(${inner})`,
      () => `${this.pick(withNumber)}${by}(${this.scalar(depth)}, ${inner})`,
      () => `count_values${by}("value", ${inner})`,
    ])();
  }

  private operation(depth: number): string {
    const left = this.vector(depth);
    const matching = this.pick([
      "",
      "on (job)",
      "ignoring (le)",
      "on (job) group_left ()",
      "on ()",
    ]);
    const fill = this.pick(["", "", "fill (0)", "fill_left (1)"]);
    const arithmetic = [
      "+",
      "-",
      "*",
      "/",
      "%",
      "^",
      "atan2",
      "==",
      "!=",
      "< bool",
      ">",
      "</",
      ">/",
    ];
    return this.pick([
      () => `(${left} ${this.pick(arithmetic)} ${this.scalar(depth)})`,
      () => `(${this.scalar(depth)} ${this.pick(arithmetic)} ${left})`,
      () => `(${left} ${this.pick(arithmetic)} ${matching} ${fill} ${this.vector(depth)})`,
      () => `(${left} ${this.pick(["and", "or", "unless"])} on (job) ${this.vector(depth)})`,
    ])();
  }

  private call(depth: number): string {
    const [name, signature] = this.pick([...functions]);
    if (signature.returns !== "vector") return `vector(${this.scalar(depth)})`;
    if (name === "info") return `info(${this.vector(depth)}, {job=~".+"})`;
    return `${name}(${this.args(signature, depth).join(", ")})`;
  }

  private args({ args, min, max }: FunctionSignature, depth: number): string[] {
    const most = Math.min(max, args.length + 1);
    const count = min + Math.floor(this.random() * (most - min + 1));
    return Array.from({ length: count }, (_, index) =>
      this.write(args[Math.min(index, args.length - 1)] ?? "vector", depth),
    );
  }
}
