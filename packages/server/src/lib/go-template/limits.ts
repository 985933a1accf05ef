/** What one template may use; a template that wants more ends with an error that names the limit. */
export interface TemplateLimits {
  /** Longest source text, in UTF-16 units. */
  maxSourceLength: number;
  /** Longest output, and longest string that a function may make. */
  maxOutputLength: number;
  /** Nodes evaluated, rounds of loops, and each 64 characters that functions make. */
  maxSteps: number;
  /** Templates that call one another. */
  maxDepth: number;
}

export const TEMPLATE_LIMITS: TemplateLimits = {
  maxSourceLength: 1_048_576,
  maxOutputLength: 1_048_576,
  maxSteps: 1_000_000,
  maxDepth: 100,
};

/** Blocks and parentheses inside of one another, which the parser follows by recursion. */
export const MAX_NESTING = 200;
