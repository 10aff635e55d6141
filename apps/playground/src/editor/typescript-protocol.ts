/** Completions that are offered at once; with so many, there are more. */
export const MOST_COMPLETIONS = 300;

/** Something that the compiler has found; offsets in the text. */
export interface Finding {
  readonly from: number;
  readonly to: number;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** What can be asked of the compiler. */
export interface TypescriptRequests {
  errors: { readonly in: { readonly text: string }; readonly out: readonly Finding[] };
  complete: {
    readonly in: { readonly text: string; readonly at: number };
    readonly out: readonly { readonly label: string; readonly detail: string }[];
  };
}

/** From the page to the compiler's worker. */
export interface TypescriptAsk {
  readonly id: number;
  readonly name: keyof TypescriptRequests;
  readonly data: never;
}

/** From the compiler's worker to the page. */
export interface TypescriptReply {
  readonly id: number;
  readonly data?: unknown;
  readonly error?: string;
}
