// What a probe is told about a check that fails.

export interface FailingCheck {
  /** Undefined for an unnamed check, whose failure reads `check error`. */
  readonly name: string | undefined;
  /** Why it fails; shown in bodies only with `--debug`. */
  readonly text: string;
}
