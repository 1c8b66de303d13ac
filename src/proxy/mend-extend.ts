// http-proxy 1.18.1 takes `util._extend` when it is loaded, and Node prints a deprecation warning at its
// first call (DEP0060). Imported before http-proxy, this gives it another one.

import util from 'node:util';

/**
 * As Node advises, `Object.assign`; but a list stays that list. http-proxy copies the fields of a request
 * by `extend({}, request.headers)`: from a raw list it so takes every field with its case and place.
 */
function extend(target: object, source: object): object {
  return Array.isArray(source) ? source : Object.assign(target, source);
}

Object.assign(util, { _extend: extend });
