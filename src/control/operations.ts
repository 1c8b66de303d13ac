// What can be asked of a running hurricane, and how it answers. Those who carry it out are elsewhere.

/** Asked for by POST; GET is for looking only. */
export const operationNames = ['reload', 'restart', 'drain', 'undrain'] as const;
export type OperationName = (typeof operationNames)[number];

/** How a request of an operator went. */
export interface Carried {
  /** False: refused, or tried and failed. */
  readonly done: boolean;
  /** One sentence: what is so now, or why it was not done. */
  readonly text: string;
  /** An event has told already that it was not done. */
  readonly told?: boolean;
}

/** Each resolves when it is carried out, within a time of its own, and never rejects. */
export type Operations = Readonly<Record<OperationName, () => Carried | Promise<Carried>>> & {
  /** All that is known at this moment, as it is to be shown. */
  readonly status: () => object;
};
