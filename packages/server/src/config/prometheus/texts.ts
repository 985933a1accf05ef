import { z } from "zod";

/** YAML writes numbers and booleans without quotes; Prometheus reads them as texts wherever a text is wanted. */
export const anyText = (maxLength: number) =>
  z
    .union([z.string().max(maxLength), z.number(), z.boolean()], "expected a text")
    .transform(String);

/** Labels by name; the names are UTF-8, as in Prometheus 3. */
export const labelMap = () => z.record(z.string().min(1).max(1024), anyText(65_536));

/** A label set that becomes part of series: none of the names that Prometheus keeps for itself. */
export const publicLabels = () =>
  labelMap().superRefine((labels, context) => {
    for (const name of Object.keys(labels)) {
      if (name === "__name__" || name.startsWith("__"))
        context.addIssue({
          code: "custom",
          path: [name],
          message: `${JSON.stringify(name)} is not a valid label name here`,
        });
    }
  });
