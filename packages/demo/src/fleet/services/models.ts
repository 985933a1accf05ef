import { planOf, runStep } from "../brains/arithmetic.ts";
import { randomText, TextClassifier, words } from "../brains/text-classifier.ts";
import { Refusal, textField } from "../service.ts";
import type { DemoService } from "../service.ts";
import { modelCall, toolCall } from "../tracer.ts";

/** Texts that the classifier learns from at start; more would only cost start-up time. */
const TRAINING_TEXTS = 300;
/** Labelled answers that the running accuracy looks back on. */
const ACCURACY_WINDOW = 200;

/** Classifies support requests with a model that is trained when the service starts. */
export function aiModelService(service: DemoService): void {
  const { registry, context } = service;
  const examples = Array.from({ length: TRAINING_TEXTS }, () => randomText(context.random));
  const model = new TextClassifier(examples, { passes: 5, rate: 0.1 });
  registry.gauge({ name: "model_parameters", help: "Weights of the model." }).set(model.parameters);
  const inferences = registry.counter({
    name: "model_inferences_total",
    help: "Texts classified, by the class found.",
    labelNames: ["label"],
  });
  const confidence = registry.histogram({
    name: "model_confidence_ratio",
    help: "Probability that the model gave to its answer.",
    buckets: [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99],
  });
  const tokens = registry.counter({
    name: "tokens_total",
    help: "Words read and written by the model.",
    labelNames: ["direction"],
  });
  const outcomes: number[] = [];
  registry
    .gauge({ name: "model_accuracy_ratio", help: "Right answers among the latest labelled texts." })
    .collect((gauge) =>
      gauge.set(
        outcomes.length === 0 ? NaN : outcomes.reduce((sum, one) => sum + one, 0) / outcomes.length,
      ),
    );
  service.route("/classify", async (body) => {
    const text = textField(body, "text");
    const call = modelCall(service.id, "softmax-classifier");
    const prediction = await context.tracer.run(call, (span) => {
      span.set({
        "gen_ai.usage.input_tokens": words(text).length,
        "gen_ai.usage.output_tokens": 1,
      });
      return model.classify(text);
    });
    inferences.inc({ label: prediction.label });
    confidence.observe(prediction.confidence);
    tokens.inc({ direction: "input" }, words(text).length);
    tokens.inc({ direction: "output" }, 1);
    if (typeof body["label"] === "string") {
      outcomes.push(body["label"] === prediction.label ? 1 : 0);
      if (outcomes.length > ACCURACY_WINDOW) outcomes.shift();
    }
    return prediction;
  });
}

/** Solves arithmetic by a chain: plan first, then one tool call per step. */
export function langchainIntegration(service: DemoService): void {
  const { registry, context } = service;
  const chains = registry.counter({
    name: "chains_total",
    help: "Chains run, by how they ended.",
    labelNames: ["status"],
  });
  const calls = registry.counter({
    name: "chain_tool_calls_total",
    help: "Steps of chains, by tool.",
    labelNames: ["tool"],
  });
  const length = registry.histogram({
    name: "chain_steps",
    help: "Steps per chain.",
    buckets: [1, 2, 3, 4, 6, 8],
  });
  const tools: Record<string, string> = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
  };
  service.route("/chain", async (body) => {
    const expression = textField(body, "expression");
    const results: number[] = [];
    try {
      for (const step of planOf(expression)) {
        const tool = tools[step.operator] ?? "unknown";
        const result = await context.tracer.run(toolCall(service.id, tool), (span) => {
          const value = runStep(step, results);
          if (!Number.isFinite(value)) span.fail("the result is no number");
          return value;
        });
        results.push(result);
        calls.inc({ tool });
      }
    } catch (error) {
      chains.inc({ status: "failed" });
      throw new Refusal(422, error instanceof Error ? error.message : String(error));
    }
    chains.inc({ status: "completed" });
    length.observe(results.length);
    // JSON has no infinity: a division by zero is told in words.
    const result = results.at(-1) ?? NaN;
    return { result: Number.isFinite(result) ? result : String(result), steps: results.length };
  });
}
