// Fails while the app answers its /health by an error.

export default async ({ app }) => {
  const { ok } = await fetch(`http://127.0.0.1:${app.HURRICANE_APP_PORT}/health`);
  return ok ? [] : [{ level: 'error', msg: 'sick' }];
};
