'use strict';
// A web server without dependencies: answers with its version, /healthz with whether it is well.
const http = require('node:http');
const { version } = require('./package.json');
const built = require('./dist/built.json');

const server = http.createServer((request, response) => {
  if (request.url === '/healthz') {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.end('ok\n');
    return;
  }
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ name: process.env.GREETING || 'hello', version, built }) + '\n');
});

server.listen(Number(process.env.PORT || 3000), process.env.HOST || '0.0.0.0');

// systemd and pm2 stop with a signal: requests under way are answered first.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => server.close(() => process.exit(0)));
}
