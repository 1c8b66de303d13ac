// http-proxy 1.18.1 takes `util._extend` when it is loaded, and Node prints a deprecation warning at its
// first call (DEP0060). Imported before http-proxy, this gives it the function that Node advises instead.

import util from 'node:util';

Object.assign(util, { _extend: Object.assign });
