// What an operator may ask of a running hurricane, carried out by its parts.

import type { Carried, Operations } from '../control/operations.ts';
import type { Status } from './status.ts';
import type { Answer } from './tickets.ts';

export interface Operated {
  readonly status: () => Status;
  readonly takesMessages: boolean;
  readonly setDrained: (drained: boolean) => void;
  readonly isStopping: () => boolean;
  /** Undefined where no app is supervised. */
  readonly app:
    { readonly reload: () => Promise<Answer>; readonly restart: () => Promise<Answer> } | undefined;
}

export function operationsOf(operated: Operated): Operations {
  const unlessStopping =
    (act: () => Carried | Promise<Carried>) => (): Carried | Promise<Carried> =>
      operated.isStopping() ? { done: false, text: 'hurricane is stopping' } : act();
  const switchDrain = (drained: boolean, text: string): Operations['drain'] =>
    unlessStopping(() => {
      operated.setDrained(drained);
      return { done: true, text };
    });
  return {
    status: operated.status,
    reload: unlessStopping(async () =>
      carried(await (operated.app?.reload() ?? noApp), 'replaced: a new app is up'),
    ),
    restart: unlessStopping(async () =>
      carried(await (operated.app?.restart() ?? noApp), 'restarted: the app is up again'),
    ),
    drain: switchDrain(
      true,
      operated.takesMessages
        ? 'drained: not ready from now on, no new message is taken, work goes on'
        : 'drained: not ready from now on, work goes on',
    ),
    undrain: switchDrain(
      false,
      'no longer drained: ready as soon as nothing else speaks against it',
    ),
  };
}

const noApp: Answer = {
  done: false,
  reason: 'there is no app here to replace: stop hurricane, and let its container start again',
  told: false,
};

function carried(answer: Answer, text: string): Carried {
  return answer.done
    ? { done: true, text }
    : { done: false, text: answer.reason, told: answer.told };
}
