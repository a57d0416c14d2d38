// What one file or folder may import: a row of the table in import-rules.ts.

export interface Layer {
  readonly path: string
  /** What it may import at run time, besides itself. */
  readonly values?: readonly string[]
  /** What it may import types of, besides `values`. */
  readonly types?: readonly string[]
  /** Modules of Node and packages. */
  readonly packages?: readonly string[]
}
