// The other side of the comparison: http-proxy and nothing else. Arguments: own port, origin's port.

import { Agent, createServer } from 'node:http';

import httpProxy from 'http-proxy';

const [port, origin] = process.argv.slice(2).map(Number);
const proxy = httpProxy.createProxyServer({
  target: { host: '127.0.0.1', port: Number(origin) },
  agent: new Agent({ keepAlive: true }),
});
proxy.on('error', (error) => {
  throw error;
});
createServer((req, res) => proxy.web(req, res)).listen(port, '127.0.0.1');
