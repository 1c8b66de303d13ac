// The metrics of the supervised app: what it is doing, how often it was started again or replaced.

import type { AppState, HurricaneEvent } from '../core/events.ts';
import { counter, gauge, type Family, type Sample } from './family.ts';
import { Counter } from './instruments.ts';

const states: Readonly<Record<AppState, true>> = {
  ...{ starting: true, up: true, replacing: true, restarting: true },
  ...{ 'backing-off': true, stopping: true, ended: true },
};

export class AppInstruments {
  readonly #restarts = new Counter('cause');
  readonly #replacements = new Counter('cause');
  readonly #failedReplacements = new Counter('cause');
  #state: AppState = 'starting';

  observe(event: HurricaneEvent): void {
    switch (event.name) {
      case 'app.state-changed':
        this.#state = event.data.state;
        break;
      case 'app.restarting':
        this.#restarts.increment(event.data.cause);
        break;
      case 'app.replaced':
        this.#replacements.increment(event.data.cause);
        break;
      case 'app.replacement-failed':
        this.#failedReplacements.increment(event.data.cause);
        break;
      default:
    }
  }

  families(): readonly Family[] {
    return [
      gauge('hurricane_app_state', '1 for the state the app is in, 0 for every other.', () =>
        Object.keys(states).map((state) => ({
          value: Number(state === this.#state),
          labels: { state },
        })),
      ),
      counter(
        'hurricane_app_restarts_total',
        'How often the app was started again, by cause; replacements not counted.',
        this.#restarts.read,
      ),
      counter(
        'hurricane_app_replacements_total',
        'Replacements of the app, by cause and result; after a failed one the old app serves on.',
        () => [
          ...withResult(this.#replacements.read(), 'succeeded'),
          ...withResult(this.#failedReplacements.read(), 'failed'),
        ],
      ),
    ];
  }
}

function withResult(samples: readonly Sample[], result: string): Sample[] {
  return samples.map((sample) => ({ ...sample, labels: { ...sample.labels, result } }));
}
