// The names and types on the page, written down: alerts, dashboards and scalers of others count on them.

/** With what serves requests. */
export const servingMetrics = {
  hurricane_info: 'gauge',
  hurricane_startup_duration_seconds: 'gauge',
  hurricane_migration_checks_total: 'counter',
  hurricane_migration_gate_duration_seconds: 'gauge',
  hurricane_log_lines_dropped_total: 'counter',
  hurricane_probe_state: 'gauge',
  hurricane_check_state: 'gauge',
  hurricane_check_runs_total: 'counter',
  hurricane_check_duration_seconds: 'summary',
  hurricane_webhooks_delivered_total: 'counter',
  hurricane_webhooks_failed_total: 'counter',
  hurricane_webhooks_undelivered_total: 'counter',
  hurricane_webhooks_queued: 'gauge',
  hurricane_metrics_source_errors_total: 'counter',
  hurricane_requests_total: 'counter',
  hurricane_requests_accepted_total: 'counter',
  hurricane_requests_finished_total: 'counter',
  hurricane_requests_in_flight: 'gauge',
  hurricane_requests_queued: 'gauge',
  hurricane_response_time_average_milliseconds: 'gauge',
  hurricane_request_queue_seconds: 'histogram',
  hurricane_request_app_seconds: 'histogram',
  hurricane_response_first_byte_seconds: 'histogram',
  hurricane_request_size_bytes: 'histogram',
  hurricane_response_size_bytes: 'histogram',
  hurricane_reaper_info: 'gauge',
  hurricane_orphans_reaped_total: 'counter',
  hurricane_zombie_processes: 'gauge',
  hurricane_app_state: 'gauge',
  hurricane_app_restarts_total: 'counter',
  hurricane_app_replacements_total: 'counter',
  hurricane_process_resident_memory_bytes: 'gauge',
  hurricane_process_cpu_seconds_total: 'counter',
} as const;

/** Only with what takes messages. */
export const consumingMetrics = {
  hurricane_consumer_messages_total: 'counter',
  hurricane_consumer_attempts_total: 'counter',
  hurricane_consumer_retries_total: 'counter',
  hurricane_consumer_dead_total: 'counter',
  hurricane_consumer_redelivered_total: 'counter',
  hurricane_consumer_handler_duration_seconds: 'histogram',
  hurricane_consumer_message_age_seconds: 'histogram',
  hurricane_consumer_in_flight: 'gauge',
  hurricane_consumer_buffered: 'gauge',
  hurricane_consumer_prefetch: 'gauge',
  hurricane_consumer_connected: 'gauge',
  hurricane_consumer_consuming: 'gauge',
  hurricane_consumer_blocked: 'gauge',
  hurricane_consumer_reconnects_total: 'counter',
  hurricane_consumer_cancels_total: 'counter',
  hurricane_consumer_returned_total: 'counter',
  hurricane_consumer_late_settles_total: 'counter',
  hurricane_consumer_handler_restarts_total: 'counter',
} as const;

/** Only with `--route`. */
export const routeMetrics = {
  hurricane_route_requests_total: 'counter',
  hurricane_route_app_seconds: 'summary',
} as const;
