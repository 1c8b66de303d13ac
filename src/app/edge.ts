// What the program is given by the operating system; made by main.ts, the only one who knows `process`.

export interface Edge {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Our own. */
  readonly pid: number;
  readonly version: string;
  readonly stdout: { readonly fd: number; readonly isTerminal: boolean; readonly color: boolean };
  /** Tells every catchable signal from now on; nothing of its default action remains. */
  onSignal(listener: (signal: NodeJS.Signals) => void): void;
  /** Tells that a child of ours has ended, or several: one that we started, or adopted. */
  onChildEnded(listener: () => void): void;
  /** Runs `act`, which must not wait; files made in it are for their owner only. */
  privately(act: () => void): void;
  /** Tells every error that nobody caught: a bug of ours. */
  onBug(listener: (error: Error) => void): void;
}
