// Preloaded into every test file. A process that has nothing more to do takes its environment down, and Node
// was seen to wait for ever for a request that it had counted wrong; `process.exit` skips all that.

process.once('beforeExit', () => process.on('exit', () => process.exit()));
