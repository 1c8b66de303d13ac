// What django-hurricane's own tests ask for, line by line, and what became of each line here. A test says
// which line it shows by the first word of its title: `A05 answers GET and POST on … [js]`.

import type { TestResult } from '../scripts/test-run.ts';

/** Shown by end-to-end tests on both artefacts. */
type Verdict = 'tested' | { readonly notShipped: string };

interface Line {
  /** The name of the original's test. */
  readonly name: string;
  readonly verdict: Verdict;
}

const tested = 'tested';
const harness = { notShipped: 'tests the test tooling of the original, which is not part of ours' };

export const acceptance: Readonly<Record<string, Line>> = {
  A01: { name: 'default_startup', verdict: tested },
  A02: { name: 'default_startup_coverage_kwarg', verdict: tested },
  A03: { name: 'port_startup', verdict: tested },
  A04: { name: 'no_probe', verdict: tested },
  A05: { name: 'probe_startup', verdict: tested },
  A06: { name: 'probe_startup_trail_slash', verdict: tested },
  A07: { name: 'probe_integrated_startup', verdict: tested },
  A08: { name: 'nometrics_startup', verdict: tested },
  A09: { name: 'request', verdict: tested },
  A10: { name: 'serve_statics_and_media', verdict: tested },
  A11: { name: 'metrics_request', verdict: tested },
  A12: { name: 'metrics_average_response_time', verdict: tested },
  A13: { name: 'log_outputs', verdict: tested },
  A14: { name: 'head_request', verdict: tested },
  A15: { name: 'autoreload', verdict: tested },
  A16: { name: 'startup_with_single_management_command', verdict: tested },
  A17: { name: 'startup_with_multiple_management_commands', verdict: tested },
  A18: { name: 'startup_failing_management_command', verdict: tested },
  A19: { name: 'webhook_no_endpoint', verdict: tested },
  A20: { name: 'startup_failed_command_webhook_no_endpoint', verdict: tested },
  A21: { name: 'duplicate_registration', verdict: tested },
  A22: { name: 'registration_metrics_wrong_key', verdict: tested },
  A23: { name: 'stored_metric', verdict: tested },
  A24: { name: 'calculated_metric', verdict: tested },
  A25: { name: 'counter_metric', verdict: tested },
  A26: { name: 'unregistering_metrics', verdict: tested },
  A27: { name: 'duplicate_registration_webhooks', verdict: tested },
  A28: { name: 'registration_webhooks_wrong_key', verdict: tested },
  A29: { name: 'unregistering_webhooks', verdict: tested },
  A30: { name: 'not_readall', verdict: harness },
  A31: { name: 'django_operational_error', verdict: tested },
  A32: { name: 'django_systemcheck_error', verdict: tested },
  A33: { name: 'django_operational_error_webhook', verdict: tested },
  A34: { name: 'b_check_migrations', verdict: tested },
  A35: { name: 'a_check_migrations_apply', verdict: tested },
  A36: { name: 'db_and_migrations_error', verdict: tested },
  A37: { name: 'check_databases_error', verdict: tested },
  A38: { name: 'signal_handler', verdict: tested },
  A39: { name: 'max_lifetime', verdict: tested },
  A40: { name: 'django_media', verdict: tested },
  A41: { name: 'pycharm_debug_no_existing_host', verdict: tested },
  A42: { name: 'pycharm_debug_no_port', verdict: tested },
  A43: { name: 'cycle_server_function_exception', verdict: harness },
  A44: { name: 'static_watch_option', verdict: tested },
  A45: { name: 'invalid_static_watch_option', verdict: tested },
  A46: { name: 'static_watch', verdict: tested },
  busy_port: { name: 'busy_port, commented out in the original', verdict: tested },

  B01: { name: 'webhook_on_success', verdict: tested },
  B02: { name: 'webhook_on_failure', verdict: tested },
  B03: { name: 'webhook_without_management_commands', verdict: tested },
  B04: { name: 'webhook_wrong_url', verdict: tested },
  B05: { name: 'liveness_webhook', verdict: tested },
  B06: { name: 'readiness_webhook', verdict: tested },
  B07: { name: 'readiness_webhook_request_queue_length', verdict: tested },
  B08: { name: 'get_webhook_from_registry', verdict: tested },
  B09: { name: 'set_hurricane_version', verdict: tested },
  B10: { name: 'webhook_app', verdict: harness },

  C01: { name: 'debugger', verdict: tested },
  C02: { name: 'incompatible_debugger_and_autoreload', verdict: tested },
  C03: { name: 'debugger_success_and_import_error', verdict: tested },
  C04: { name: 'pycharm_success_and_import_error', verdict: tested },

  D01: { name: 'port from the environment', verdict: tested },
  D02: { name: 'port from the settings file', verdict: tested },
  D03: { name: 'port from the command line', verdict: tested },
  D04: { name: 'media from the environment', verdict: tested },
  D05: { name: 'media from the settings file', verdict: tested },
  D06: { name: 'media from the command line', verdict: tested },
  D07: { name: 'liveness path from the environment', verdict: tested },
  D08: { name: 'liveness path from the settings file', verdict: tested },
  D09: { name: 'liveness path from the command line', verdict: tested },

  E01: { name: 'file_upload_succeeds', verdict: tested },
  E02: { name: 'file_upload_fails', verdict: tested },

  H01: {
    name: 'header values are trimmed',
    verdict: { notShipped: 'a proxy leaves the bytes of header fields as they are' },
  },
  H02: { name: 'blank header values are dropped', verdict: tested },

  M01: { name: 'reload_on_max_memory', verdict: tested },
  M02: { name: 'no_reload', verdict: tested },

  P01: { name: 'exporter by default', verdict: tested },
  P02: { name: 'exporter with --no-metrics', verdict: tested },
  P03: { name: 'exporter with --probe-port', verdict: tested },
  P04: { name: 'exporter integrated', verdict: tested },
  P05: { name: 'exporter integrated with --no-metrics', verdict: tested },
  P06: { name: 'exporter with --no-probe', verdict: tested },
  P07: { name: 'exporter at another path', verdict: tested },
  P08: { name: 'exporter families', verdict: tested },
  P09: { name: 'exporter_request', verdict: tested },
  P10: { name: 'exporter_path_requests', verdict: tested },
  P11: { name: 'exporter_hurricane_ports_default', verdict: tested },
  P12: { name: 'exporter_hurricane_ports_selected', verdict: tested },

  Q01: { name: 'empty_host', verdict: tested },
  Q02: { name: 'empty_port', verdict: tested },
  Q03: { name: 'vhost', verdict: tested },
  Q04: { name: 'amqp_settings', verdict: tested },
  Q05: { name: 'amqp_settings_environs', verdict: tested },
  Q06: { name: 'amqp_incorrect_handler', verdict: tested },
  Q07: { name: 'on_consumer_cancel', verdict: tested },
  Q08: { name: 'on_message', verdict: tested },
  Q09: { name: 'stop_consuming', verdict: tested },
  Q10: { name: 'on_cancelok', verdict: tested },
  Q11: { name: 'on_connection_closed', verdict: tested },
  Q12: { name: 'stop', verdict: tested },
  Q13: { name: 'run_keyboard_interrupt', verdict: tested },
  Q14: { name: 'cycle_server_function_exception_amqp', verdict: harness },

  R01: { name: 'default_startup', verdict: tested },
  R02: { name: 'default_startup under coverage', verdict: tested },
  R03: { name: 'probe port', verdict: tested },
  R04: { name: 'no_probe', verdict: tested },
  R05: { name: 'autoreload', verdict: tested },
  R06: { name: 'receive_message', verdict: tested },
  R07: { name: 'connection_lost', verdict: tested },
  R08: { name: 'reconnect_on_lost', verdict: tested },
  R09: { name: 'disconnect', verdict: tested },
  R10: { name: 'topic_publish_receive', verdict: tested },

  X01: { name: 'custom_metrics', verdict: tested },
};

/** What the report of a run lacks: one sentence per line that is not shown as its row says. */
export function judgeAcceptance(results: readonly TestResult[]): string[] {
  const endToEnd = results.filter(({ file }) => file.startsWith('test/e2e/'));
  const byLine = Map.groupBy(endToEnd, ({ name }) => name.split(/[ :]/, 1)[0] ?? '');
  return [
    ...Object.entries(acceptance)
      .filter(([, { verdict }]) => verdict === tested)
      .flatMap(([id, { name }]) => judgeLine(`${id} ${name}`, byLine.get(id) ?? [])),
    ...[...byLine.keys()]
      .filter((id) => /^[A-Z]\d\d$/.test(id) && acceptance[id]?.verdict !== tested)
      .map((id) => `${id} has a test, but its row does not say that it is tested`),
  ];
}

function judgeLine(line: string, shown: readonly TestResult[]): string[] {
  if (shown.length === 0) return [`${line}: no test has it as the first word of its title`];
  const unpassed = shown.filter(({ outcome }) => outcome !== 'passed');
  const started = new Set(shown.flatMap(({ artefacts }) => artefacts));
  return [
    ...unpassed.map(({ name, outcome }) => `${line}: "${name}" was ${outcome}`),
    ...shown
      .filter(({ artefacts }) => artefacts.length === 0)
      .map(({ name }) => `${line}: "${name}" started no artefact`),
    ...['js', 'binary']
      .filter((artefact) => !started.has(artefact))
      .map((artefact) => `${line}: was not shown on ${artefact}`),
  ];
}
