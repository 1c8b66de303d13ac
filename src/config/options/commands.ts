// Which commands take an option.

export const serve = ['serve'] as const;
export const worker = ['worker'] as const;
export const consume = ['consume'] as const;
/** What takes messages: `serve` does with `deliver`. */
export const consuming = ['serve', 'consume'] as const;
/** What lives as long as its app. */
export const supervising = ['serve', 'worker'] as const;
/** What runs until it is stopped, behind probes. */
export const running = ['serve', 'worker', 'consume'] as const;
/** What runs startup commands. */
export const preparing = ['serve', 'worker', 'consume', 'prepare'] as const;
export const runningOrCheck = ['serve', 'worker', 'consume', 'check'] as const;
export const runningOrProbe = ['serve', 'worker', 'consume', 'probe'] as const;
export const all = ['serve', 'worker', 'consume', 'prepare', 'check', 'probe', 'ctl'] as const;
