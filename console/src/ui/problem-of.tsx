import type { UseMutationResult } from "@tanstack/react-query";
import { ApiProblem, type FieldProblem } from "../api/problem";
import { useText } from "../text/text";
import { ProblemNote } from "./problem-note";

const NONE: readonly FieldProblem[] = [];

export function fieldsOf(error: Error | null): readonly FieldProblem[] {
  return error instanceof ApiProblem ? error.fields : NONE;
}

/** What is wrong with a member or with something in it. */
export function errorOf(problems: readonly FieldProblem[], name: string): string | undefined {
  return problems.find((problem) => problem.name === name || problem.name.startsWith(`${name}.`))?.description;
}

/** What the server said to something that was asked of it; nothing while there is nothing to say. */
export function ProblemOf({ of, what }: { readonly of: Pick<UseMutationResult, "error">; readonly what: string }) {
  const text = useText();
  if (of.error === null) return null;
  return <ProblemNote title={text.states.failedAction(what)} error={of.error} unchanged={text.states.unchanged} takesFocus />;
}
