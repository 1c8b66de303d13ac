// The one file of prom-client that is loaded has no types of its own.

declare module 'prom-client/lib/registry.js' {
  export { Registry as default } from 'prom-client';
}
