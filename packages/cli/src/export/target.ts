/** What an export gives. */

export interface Exported {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** What whoever uses the files is to know. */
  readonly notes: readonly string[];
}
