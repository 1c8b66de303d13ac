// What a module hands out, made well-formed inside its thread: whatever it is, we get texts and numbers.

/** Text of functions that `SERVE_MESSAGES` calls; `verdictOf` and `publicationOf`. */
export const WELL_FORMED = `
const outcomes = ['ack', 'retry', 'dead', 'requeue', 'drop'];

// Undefined: the message is done.
function verdictOf(value) {
  if (value === undefined) return undefined;
  const fault = faultOf(value);
  if (fault !== undefined) return { kind: 'retry', reason: 'the handler returned ' + fault };
  if (!isOutcome(value)) return undefined;
  const { kind, afterMs } = value;
  const because = becauseOf(value.reason);
  if (kind !== 'retry' || afterMs === undefined || afterMs === null) return { kind, ...because };
  if (typeof afterMs === 'number' && !Number.isNaN(afterMs)) return { kind, afterMs, ...because };
  const wrong = 'afterMs is no number of milliseconds, but ' + shown(afterMs);
  return { ...because, kind, reason: because.reason === undefined ? wrong : wrong + ': ' + because.reason };
}

// What looks like an outcome and is none would lose its message as one that is done.
function faultOf(value) {
  if (typeof value === 'string') {
    const word = value.trim().toLowerCase();
    const isMeant = word !== 'ack' && outcomes.includes(word);
    return isMeant ? shown(value) + ', a text, which is no outcome: return context.' + word + '()' : undefined;
  }
  if (Array.isArray(value)) {
    return value.some(isOutcome) ? 'a list with an outcome in it: return one outcome alone' : undefined;
  }
  const kind = typeof value === 'object' ? value?.kind : undefined;
  if (kind === undefined || kind === null || outcomes.includes(kind)) return undefined;
  return 'an object of the kind ' + shown(kind) + ', which is no outcome: there are ' + outcomes.join(', ');
}

function isOutcome(value) {
  return outcomes.slice(1).includes(value?.kind);
}

function becauseOf(reason) {
  if (reason === undefined || reason === null) return {};
  return { reason: describe(reason), stack: traceOf(reason) };
}

function shown(value) {
  return typeof value === 'string' ? JSON.stringify(value) : textOf(value);
}

function publicationOf(given) {
  if (typeof given !== 'object' || given === null) throw new TypeError('publish() needs { routingKey, body }');
  const { exchange, routingKey, contentType, id, correlationId, type } = given;
  if (routingKey === undefined || routingKey === null) throw new TypeError('publish() needs a routingKey');
  const texts = Object.entries({ exchange, routingKey, contentType, id, correlationId, type });
  const told = texts.filter(([, value]) => value !== undefined && value !== null);
  for (const [name, value] of told) {
    if (typeof value !== 'string') throw new TypeError(name + ' of publish() must be a text, and is ' + shown(value));
  }
  const headers = given.headers ?? {};
  if (typeof headers !== 'object') throw new TypeError('headers of publish() must be an object, and are ' + shown(headers));
  const body = given.body;
  if (body instanceof Uint8Array || typeof body === 'string') return { ...Object.fromEntries(told), headers, body };
  return { contentType: 'application/json', ...Object.fromEntries(told), headers, body: jsonOf(body) };
}

// Nothing at all is no JSON.
function jsonOf(body) {
  let json;
  try {
    json = JSON.stringify(body ?? null);
  } catch (error) {
    throw new TypeError('body of publish() cannot be written as JSON: ' + describe(error).split('\\n')[0]);
  }
  if (json === undefined) throw new TypeError('body of publish() cannot be written as JSON: it is a ' + typeof body);
  return json;
}
`;
