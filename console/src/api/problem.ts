/** What the API refused, as a value that pages can show. */

export interface FieldProblem {
  /** The dotted path of a member of the request: `dialing_strategy.max_attempts`. */
  readonly name: string;
  readonly description: string;
}

export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    /** 0 where no answer came at all. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: readonly FieldProblem[],
    readonly requestId: string | null,
  ) {
    super(message);
  }

  get isConflict(): boolean {
    return this.status === 409 || this.status === 412;
  }
}

export const UNREACHABLE = "unreachable";
export const NOT_OF_THE_API = "unexpected-answer";

/** The problem that an answer's body tells; also of bodies that are not the API's, as a proxy's. */
export function problemOf(response: Response, body: unknown): ApiProblem {
  const requestId = response.headers.get("X-Request-Id");
  const told = isObject(body) ? body : {};
  const code = typeof told.code === "string" ? told.code : NOT_OF_THE_API;
  const message = typeof told.message === "string" ? told.message : `${response.status} ${response.statusText}`.trim();
  return new ApiProblem(response.status, code, message, fieldsOf(told.fields), requestId);
}

export function unreachable(cause: unknown): ApiProblem {
  return new ApiProblem(0, UNREACHABLE, cause instanceof Error ? cause.message : String(cause), [], null);
}

function fieldsOf(told: unknown): FieldProblem[] {
  if (!Array.isArray(told)) return [];
  return told.flatMap((field: unknown) =>
    isObject(field) && typeof field.name === "string"
      ? [{ name: field.name, description: typeof field.description === "string" ? field.description : "" }]
      : [],
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
